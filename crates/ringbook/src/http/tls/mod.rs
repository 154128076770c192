//! TLS 1.2 and 1.3 for HTTP/1.1. The certificate is reloaded when its files change.

mod pair;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::{Ticketer, default_provider};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::signal::unix::Signal;
use tokio_rustls::TlsAcceptor;

use crate::service::Clock;
use crate::service::clock::DAY_US;
use pair::Pair;
pub use pair::{PairFault, PairFiles};

/// The interval of checks of the files, which cost two small reads.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Warnings begin this many days before the certificate expires.
const WARN_DAYS: i64 = 14;

/// A certificate that is reloaded when its files change.
pub struct Tls {
    files: PairFiles,
    provider: Arc<CryptoProvider>,
    current: Arc<CurrentPair>,
    /// The digest of the files at the last check, valid or not.
    checked: Option<[u8; 32]>,
    /// The days until expiry in the last warning.
    warned: Option<i64>,
}

impl Tls {
    /// Reads the files.
    pub fn open(files: PairFiles) -> Result<Self, PairFault> {
        let provider = Arc::new(default_provider());
        let contents = files.read()?;
        let pair = files.parse(&contents, &provider)?;
        let current = Arc::new(CurrentPair(RwLock::new(pair)));
        Ok(Self { files, provider, current, checked: Some(contents.digest()), warned: None })
    }

    /// Encrypts connections with the current certificate.
    pub fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::clone(&self.provider);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports the safe default versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::<CurrentPair>::clone(&self.current));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Session resumption, for clients that open a connection for each call.
        config.ticketer = Ticketer::new().expect("the system has randomness");
        TlsAcceptor::from(Arc::new(config))
    }

    /// Reloads the files whenever they change. Checks them every few seconds, and on `reload`. Files
    /// that are not valid are logged and otherwise ignored.
    pub async fn watch(mut self, mut reload: Signal, clock: impl Clock) {
        let mut checks = tokio::time::interval(CHECK_INTERVAL);
        loop {
            tokio::select! {
                _ = checks.tick() => {}
                _ = reload.recv() => {}
            }
            let files = self.files.clone();
            // Reading may block.
            let contents = tokio::task::spawn_blocking(move || files.read()).await;
            let contents = contents.expect("reading does not panic");
            match contents.and_then(|contents| self.reload(&contents)) {
                Ok(true) => tracing::info!("the certificate for TLS was read anew"),
                Ok(false) => {}
                Err(fault) => self.log_fault(&fault),
            }
            self.warn_of_expiry(clock.now_us());
        }
    }

    /// Uses the contents of the files from now on. Returns whether they have changed.
    fn reload(&mut self, contents: &pair::Contents) -> Result<bool, PairFault> {
        let digest = contents.digest();
        if self.checked.replace(digest) == Some(digest) {
            return Ok(false);
        }
        let pair = self.files.parse(contents, &self.provider)?;
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = pair;
        self.warned = None;
        Ok(true)
    }

    fn log_fault(&mut self, fault: &PairFault) {
        // A missing file is logged once, like an invalid one.
        let is_logged =
            matches!(fault, PairFault::Unreadable { .. }) && self.checked.take().is_none();
        if !is_logged {
            tracing::error!(error = %fault, "the certificate for TLS stays as it was");
        }
    }

    /// Logs a warning once a day before the certificate expires.
    fn warn_of_expiry(&mut self, now_us: i64) {
        let expires_us = self.current.0.read().unwrap_or_else(PoisonError::into_inner).expires_us;
        let days = (expires_us - now_us).div_euclid(DAY_US);
        if days < WARN_DAYS && self.warned.replace(days) != Some(days) {
            if days < 0 {
                tracing::error!("the certificate for TLS has expired");
            } else {
                tracing::warn!(days, "the certificate for TLS expires soon");
            }
        }
    }
}

/// The certificate for new connections.
#[derive(Debug)]
struct CurrentPair(RwLock<Pair>);

impl ResolvesServerCert for CurrentPair {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let pair = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&pair.certified))
    }
}
