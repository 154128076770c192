//! A certificate and its key, as two files in PEM.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};
use x509_cert::der::Decode as _;

use crate::private;

/// The files of a certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairFiles {
    /// The certificate, followed by intermediate certificates.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why the files cannot be used. No message contains parts of the key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of a fault says what its values are")]
pub enum PairFault {
    /// A file cannot be read.
    #[error("cannot read {}: {reason}", file.display())]
    Unreadable { file: PathBuf, reason: String },
    /// There is no certificate in the file.
    #[error("{} has no certificate in PEM", .0.display())]
    NoCertificate(PathBuf),
    /// There is no key in the file.
    #[error("{} has no private key in PEM", .0.display())]
    NoKey(PathBuf),
    /// The files do not match, or their kind is not supported.
    #[error(
        "the certificate in {} cannot be used with the key in {}: {reason}",
        files.certificate.display(),
        files.key.display()
    )]
    Unusable { files: PairFiles, reason: String },
}

/// The contents of the files.
pub struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// A certificate with its key, ready to use.
#[derive(Debug)]
pub struct Pair {
    /// The certificate and key for rustls.
    pub certified: Arc<CertifiedKey>,
    /// When the certificate expires, in microseconds since 1970.
    pub expires_us: i64,
}

impl PairFiles {
    /// Reads both files.
    pub fn read(&self) -> Result<Contents, PairFault> {
        let read = |file: &Path| {
            private::read(file).map_err(|error| PairFault::Unreadable {
                file: file.to_owned(),
                reason: error.to_string(),
            })
        };
        Ok(Contents { certificate: read(&self.certificate)?, key: read(&self.key)? })
    }

    /// Parses the contents.
    pub fn parse(&self, contents: &Contents, provider: &CryptoProvider) -> Result<Pair, PairFault> {
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(&contents.certificate).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| PairFault::NoCertificate(self.certificate.clone()))?;
        let key = PrivateKeyDer::from_pem_slice(&contents.key);
        let key = key.map_err(|_| PairFault::NoKey(self.key.clone()))?;
        let unusable = |reason: String| PairFault::Unusable { files: self.clone(), reason };
        let expires_us = expires_us(&chain[0]).map_err(unusable)?;
        let certified = CertifiedKey::from_der(chain, key, provider);
        let certified = certified.map_err(|error| unusable(error.to_string()))?;
        Ok(Pair { certified: Arc::new(certified), expires_us })
    }
}

impl Contents {
    /// A digest that detects changes without keeping the key.
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(Sha256::digest(&self.certificate));
        digest.update(&self.key);
        digest.finalize().into()
    }
}

fn expires_us(certificate: &CertificateDer<'_>) -> Result<i64, String> {
    let certificate = x509_cert::Certificate::from_der(certificate);
    let certificate = certificate.map_err(|error| error.to_string())?;
    let expires = certificate.tbs_certificate.validity.not_after.to_unix_duration();
    Ok(i64::try_from(expires.as_micros()).unwrap_or(i64::MAX))
}
