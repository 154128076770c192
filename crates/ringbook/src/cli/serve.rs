//! `ringbook serve`

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::context::{CliError, StoreChoice};
use super::{demo, logs};
use crate::http;
use crate::metrics::Metrics;
use crate::service::Service;
use crate::service::clock::SystemClock;
use crate::store::Creates;

/// Serve PhoneManageV2 and Generate Token, until SIGTERM or Ctrl-C.
///
/// GET /healthz says that the process is alive, GET /readyz that it can do its work. Set
/// `RINGBOOK_LOG=warn` to log less.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where GET /metrics, /healthz and /readyz answer, for those who watch the server; nowhere
    /// unless given
    #[arg(long, value_name = "ADDR", env = "RINGBOOK_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
    /// On an empty store: make the account "demo" and print a call that works
    #[arg(long)]
    demo: bool,
    /// How log lines look
    #[arg(long, value_enum, default_value_t = logs::LogFormat::Text)]
    log_format: logs::LogFormat,
}

impl Serve {
    /// Runs the command.
    pub fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let _flush = logs::start(self.log_format);
        allow_many_connections();
        let metrics = Metrics::default();
        let store = metrics.store.around(store.open(Creates::Yes)?);
        let service = Arc::new(Service::new(store, Arc::new(SystemClock)));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let served = runtime.block_on(self.serve(Arc::clone(&service), metrics));
        drop(runtime);
        // The last one: what was queued is committed before the process ends.
        drop(service);
        served
    }

    async fn serve(self, service: Arc<Service>, metrics: Metrics) -> Result<(), CliError> {
        let listener = bind(self.listen, "--listen").await?;
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            metrics.is_without_tls.set(1);
            tracing::warn!(
                %address,
                "listening beyond this machine without TLS: API keys can be read on the way, \
                 put a proxy with TLS in front"
            );
        }
        // Taken before anybody is told that we are here, so that no signal is missed.
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let shutdown = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping: requests that have begun are finished");
        };
        if let Some(listen) = self.metrics_listen {
            let listener = bind(listen, "--metrics-listen").await?;
            writeln!(std::io::stdout(), "Metrics on http://{}/metrics", listener.local_addr()?)?;
            // Answers until the runtime is dropped, so that a shutdown can be watched.
            tokio::spawn(http::serve_metrics(Arc::clone(&service), metrics.clone(), listener));
        }
        if self.demo {
            demo::prepare(&service, address).await?;
        }
        writeln!(std::io::stdout(), "Listening on http://{address}")?;
        http::serve(service, metrics, listener, shutdown).await?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Takes the address that an option has.
async fn bind(listen: SocketAddr, option: &str) -> Result<TcpListener, CliError> {
    TcpListener::bind(listen).await.map_err(|error| {
        let advice = if error.kind() == std::io::ErrorKind::AddrInUse {
            "another process listens there: choose another one with"
        } else {
            "choose another address with"
        };
        CliError::Said(format!("cannot listen on {listen}: {error}; {advice} {option}"))
    })
}

/// As many file descriptors as the system grants: a connection takes one.
fn allow_many_connections() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}
