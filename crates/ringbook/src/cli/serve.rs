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
use crate::service::Service;
use crate::service::clock::SystemClock;
use crate::store::Creates;

/// Serve PhoneManageV2 and Generate Token, until SIGTERM or Ctrl-C.
///
/// GET /healthz says that the process is alive, GET /readyz that it can do its work. Each option
/// can stand in the environment or in ringbook.toml as well; `ringbook config` shows what holds.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// On an empty store: make the account "demo" and print a call that works
    #[arg(long)]
    demo: bool,
    /// How log lines look
    #[arg(long, value_enum, default_value_t = logs::LogFormat::Text)]
    log_format: logs::LogFormat,
    /// What is logged: a level, such as warn, or levels by part, such as info,request=off
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: logs::LogFilter,
}

impl Serve {
    /// Runs the command.
    pub fn run(self, store: &StoreChoice) -> Result<(), CliError> {
        let _flush = logs::start(self.log_format, &self.log);
        allow_many_connections();
        let store = store.open(Creates::Yes)?;
        let service = Arc::new(Service::new(store, Arc::new(SystemClock)));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let served = runtime.block_on(self.serve(Arc::clone(&service)));
        drop(runtime);
        // The last one: what was queued is committed before the process ends.
        drop(service);
        served
    }

    async fn serve(self, service: Arc<Service>) -> Result<(), CliError> {
        let listen = self.listen;
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            let advice = if error.kind() == std::io::ErrorKind::AddrInUse {
                "another process listens there: choose another one with --listen"
            } else {
                "choose another address with --listen"
            };
            CliError::Said(format!("cannot listen on {listen}: {error}; {advice}"))
        })?;
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
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
        if self.demo {
            demo::prepare(&service, address).await?;
        }
        writeln!(std::io::stdout(), "Listening on http://{address}")?;
        http::serve(service, listener, shutdown).await?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// As many file descriptors as the system grants: a connection takes one.
fn allow_many_connections() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}
