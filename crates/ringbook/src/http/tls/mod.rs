//! TLS: HTTP/1.1 over TLS 1.2 and 1.3, with a certificate that may change while the server runs.

mod pair;

use std::fmt;
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
use pair::Pair;
pub use pair::{PairFault, PairFiles};

/// Between two looks at the files: two small reads, and long enough for nobody to notice.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How many days before it expires a certificate is warned of.
const WARN_DAYS: i64 = 14;

const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;

/// A certificate that is read anew when its files change.
pub struct Tls {
    files: PairFiles,
    provider: Arc<CryptoProvider>,
    shown: Arc<Shown>,
    /// What the files had when they were last looked at, good or bad.
    seen: Option<[u8; 32]>,
    /// The day before it expires that was last warned of.
    warned: Option<i64>,
}

impl Tls {
    /// Reads the files.
    pub fn open(files: PairFiles) -> Result<Self, PairFault> {
        let provider = Arc::new(default_provider());
        let contents = files.read()?;
        let pair = files.parse(&contents, &provider)?;
        let shown = Arc::new(Shown(RwLock::new(pair)));
        Ok(Self { files, provider, shown, seen: Some(contents.digest()), warned: None })
    }

    /// What makes connections encrypted, always with the newest certificate.
    pub fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::clone(&self.provider);
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring can do what rustls holds to be safe")
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Shown>::clone(&self.shown));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Callers that make a connection for each call are spared most of the handshake.
        config.ticketer = Ticketer::new().expect("the system has randomness");
        TlsAcceptor::from(Arc::new(config))
    }

    /// Reads the files anew whenever they change: looks every few seconds, and at once when it is
    /// told to. Files that cannot be used change nothing but the log.
    pub async fn watch(mut self, mut told: Signal, clock: impl Clock) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                _ = told.recv() => {}
            }
            let files = self.files.clone();
            // The disk may make us wait.
            let looked = tokio::task::spawn_blocking(move || files.read()).await;
            match looked.expect("reading does not panic").and_then(|contents| self.take(&contents))
            {
                Ok(true) => tracing::info!("the certificate for TLS was read anew"),
                Ok(false) => {}
                Err(fault) => self.complain(&fault),
            }
            self.warn_of_expiry(clock.now_us());
        }
    }

    /// Shows what is in the files from now on, if that has changed.
    fn take(&mut self, contents: &pair::Contents) -> Result<bool, PairFault> {
        let digest = contents.digest();
        if self.seen.replace(digest) == Some(digest) {
            return Ok(false);
        }
        let pair = self.files.parse(contents, &self.provider)?;
        *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = pair;
        self.warned = None;
        Ok(true)
    }

    fn complain(&mut self, fault: &PairFault) {
        // A file that is missing is told once, like one that is wrong.
        let is_told = matches!(fault, PairFault::Unreadable { .. }) && self.seen.take().is_none();
        if !is_told {
            tracing::error!(error = %fault, "the certificate for TLS stays as it was");
        }
    }

    /// Once a day when the end is near.
    fn warn_of_expiry(&mut self, now_us: i64) {
        let expires_us = self.shown.0.read().unwrap_or_else(PoisonError::into_inner).expires_us;
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

/// The certificate that connections are shown from now on.
struct Shown(RwLock<Pair>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let pair = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&pair.certified))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}
