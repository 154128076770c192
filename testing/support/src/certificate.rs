//! Certificates, their files, and clients that believe only what they are told to.

use std::io;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;

use super::client::Client;
use super::server::Server;

/// A certificate for this machine that is its own authority.
pub struct Certificate {
    pub own: String,
    pub key: String,
}

impl Certificate {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// One of which something is different.
    pub fn with(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut own = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        change(&mut own);
        let own = own.self_signed(&key).unwrap();
        Self { own: own.pem(), key: key.serialize_pem() }
    }

    /// A line of the key, which may stand nowhere else.
    pub fn secret(&self) -> &str {
        self.key.lines().nth(1).unwrap()
    }

    /// Connects and agrees on TLS, if the server shows this certificate.
    pub fn connect(&self, server: &Server) -> io::Result<Client> {
        self.connect_with(server, rustls::ALL_VERSIONS, &["http/1.1"])
    }

    /// The same with some versions of TLS, and protocols over it.
    pub fn connect_with(
        &self,
        server: &Server,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&str],
    ) -> io::Result<Client> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.own.as_bytes()).unwrap()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let session = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        Client::over_tls(session, TcpStream::connect(server.address)?)
    }
}

/// Two files with a certificate and its key. Not in a home, where no secret may be.
pub struct CertificateFiles(TempDir);

impl CertificateFiles {
    pub fn new(certificate: &Certificate) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.write(certificate);
        files
    }

    pub fn certificate(&self) -> PathBuf {
        self.0.path().join("certificate.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.0.path().join("key.pem")
    }

    /// The options that name them.
    pub fn options(&self) -> [String; 4] {
        let [certificate, key] =
            [self.certificate(), self.key()].map(|path| path.display().to_string());
        ["--tls-cert".to_owned(), certificate, "--tls-key".to_owned(), key]
    }

    /// Replaces both, one after the other.
    pub fn write(&self, certificate: &Certificate) {
        std::fs::write(self.certificate(), &certificate.own).unwrap();
        std::fs::write(self.key(), &certificate.key).unwrap();
    }
}
