//! A certificate for a server on this machine, and an authority that has signed it.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, Error, IsCa, KeyPair,
    KeyUsagePurpose,
};

/// All in PEM.
pub struct Certificate {
    pub authority: String,
    /// The server's own.
    pub own: String,
    pub key: String,
}

impl Certificate {
    /// Makes an authority, which is forgotten at once, and a certificate.
    pub fn new() -> Self {
        Self::try_new().expect("make a certificate")
    }

    fn try_new() -> Result<Self, Error> {
        let mut authority = CertificateParams::new([])?;
        authority.distinguished_name.push(DnType::CommonName, "Ringbook's tests");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

        let key = KeyPair::generate()?;
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut certificate = CertificateParams::new(names)?;
        certificate.distinguished_name.push(DnType::CommonName, "localhost");
        let certificate = certificate.signed_by(&key, &authority)?;
        Ok(Self { authority: authority.pem(), own: certificate.pem(), key: key.serialize_pem() })
    }
}
