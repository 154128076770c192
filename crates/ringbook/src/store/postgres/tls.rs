//! TLS to the database, with rustls, as libpq's `sslmode` asks for it.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::private;
use crate::store::StoreError;

/// How connections are encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// What is verified of the server's certificate.
    pub verifies: Verifies,
    /// A file of trusted certificates; none for those of the system.
    pub root_certificates: Option<PathBuf>,
}

/// What is verified of the server's certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verifies {
    /// Nothing (`prefer`, `require`): protects against eavesdroppers, not against impostors.
    #[default]
    Nothing,
    /// Who issued it (`verify-ca`).
    Issuer,
    /// Who issued it, and the name of the host (`verify-full`).
    IssuerAndName,
}

impl Tls {
    /// A connector for encrypted connections.
    pub fn connector(&self) -> Result<MakeRustlsConnect, StoreError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match self.verifies {
            Verifies::Nothing => Arc::new(AnyName { issuer: None, provider: provider.clone() }),
            Verifies::Issuer => {
                let issuer = Some(self.issuer_and_name(&provider)?);
                Arc::new(AnyName { issuer, provider: provider.clone() })
            }
            Verifies::IssuerAndName => self.issuer_and_name(&provider)?,
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| StoreError::Engine(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }

    /// A verifier of issuer and name.
    fn issuer_and_name(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<WebPkiServerVerifier>, StoreError> {
        let roots = Arc::new(self.roots()?);
        WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider))
            .build()
            .map_err(|error| StoreError::Engine(error.to_string()))
    }

    fn roots(&self) -> Result<RootCertStore, StoreError> {
        let mut roots = RootCertStore::empty();
        match self.root_certificates.as_ref().filter(|file| file.as_os_str() != "system") {
            Some(file) => {
                let cannot = |reason: String| StoreError::CannotOpen { file: file.clone(), reason };
                let pem = private::read(file).map_err(|error| cannot(error.to_string()))?;
                let certificates = CertificateDer::pem_slice_iter(&pem)
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|error| cannot(error.to_string()))?;
                if roots.add_parsable_certificates(certificates).0 == 0 {
                    return Err(cannot("it has no certificate".into()));
                }
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        Ok(roots)
    }
}

/// Accepts a certificate for any name, as libpq does below `verify-full`.
#[derive(Debug)]
struct AnyName {
    /// Who must have issued it; none where anybody may have.
    issuer: Option<Arc<WebPkiServerVerifier>>,
    /// What verifies that the server has the key of its certificate.
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(issuer) = &self.issuer else { return Ok(ServerCertVerified::assertion()) };
        // The name is checked last: if only that fails, all else is valid.
        match issuer.verify_server_cert(certificate, intermediates, name, ocsp_response, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
