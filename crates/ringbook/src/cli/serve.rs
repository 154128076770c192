//! `ringbook serve`

use std::fmt::Display;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;

use super::context::{CliError, StoreChoice};
use super::listen::address;
use super::{demo, logs, signals};
use crate::http::tls::{PairFiles, Tls};
use crate::http::{self, AllowedOrigin, TrustedProxy, console};
use crate::metrics::Metrics;
use crate::service::clock::SystemClock;
use crate::service::{FAILED_CREDENTIALS_LIMIT, Rate, Service, ServiceOptions};
use crate::store::{self, Creates, Location, Store, StoreError};

/// The most connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// Serve the API, until SIGTERM or Ctrl-C. A second one ends it at once.
///
/// It answers PhoneManageV2 and Generate Token, and the native API under /v1, and describes both at
/// /docs. /console is the directory in a browser. GET /healthz says that the process is alive, GET /readyz that it can do its work.
///
/// Each option can stand in the environment, as `RINGBOOK_LISTEN`, or in ringbook.toml, as
/// `listen`; what is on the command line is strongest. `ringbook config` shows what holds.
///
/// For example: `ringbook serve --listen 0.0.0.0:443 --tls-cert fullchain.pem --tls-key key.pem`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Serve {
    /// Where to listen: a port of this machine, such as 8080, or an address with a port, such as
    /// 0.0.0.0:8080; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080", value_parser = address)]
    listen: SocketAddr,
    /// The server's certificate for TLS, and those that lead to the authority: PEM
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate: PEM
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// A network of proxies, or an address, whose X-Forwarded-For is believed; may be repeated
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    trusted_proxy: Vec<TrustedProxy>,
    /// Where pages come from that may call the native API from a browser, such as
    /// `https://app.example.org`; may be repeated
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',')]
    cors_origin: Vec<AllowedOrigin>,
    /// Wrong credentials from one address within a minute before they are slowed down; 0 is any number
    #[arg(long, value_name = "N", default_value_t = FAILED_CREDENTIALS_LIMIT)]
    failed_credentials_limit: u32,
    /// Most requests of an account per second, and at once, such as 100/500; absent, any number
    #[arg(long, value_name = "N[/BURST]")]
    rate_limit_account: Option<Rate>,
    /// The same of one API key
    #[arg(long, value_name = "N[/BURST]")]
    rate_limit_key: Option<Rate>,
    /// Where GET /metrics, /healthz and /readyz answer, for those who watch the server; nowhere
    /// unless given
    #[arg(long, value_name = "ADDR", value_parser = address)]
    metrics_listen: Option<SocketAddr>,
    /// For how many days the history is kept, a hundred years at most; absent, for good
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    history_days: Option<u32>,
    /// A file beside this process with what calls were routed by within the last day, so that calls are
    /// routed from the start, even if the database is away; none unless given
    #[arg(long, value_name = "FILE")]
    routing_cache: Option<PathBuf>,
    /// How old what calls are routed by may be while the store is away, such as 90m or 48h
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = age)]
    routing_max_age: Duration,
    /// Keep no calls to PhoneManageV2 in memory for the console and GET /v1/requests
    #[arg(long)]
    no_request_log: bool,
    /// Serve no console, the directory in a browser at /console
    #[arg(long)]
    no_console: bool,
    /// Let nobody sign in to the console with an operator's key
    #[arg(long)]
    no_console_operator: bool,
    /// A directory with backups: operators see in the console how old the newest one is
    #[arg(long, value_name = "DIR")]
    backups: Option<PathBuf>,
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
    /// The files for TLS, if the server uses TLS.
    pub fn tls_files(&self) -> Result<Option<PairFiles>, CliError> {
        match (&self.tls_cert, &self.tls_key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => {
                Ok(Some(PairFiles { certificate: certificate.clone(), key: key.clone() }))
            }
            _ => Err(CliError::Usage("TLS needs both, tls-cert and tls-key".to_owned())),
        }
    }

    pub fn run(self, store: &StoreChoice, unknown_variables: &[String]) -> Result<(), CliError> {
        let tls = self.tls_files()?.map(Tls::open).transpose();
        let tls = tls.map_err(|fault| CliError::Message(fault.to_string()))?;
        let log = Arc::new(logs::start(self.log_format, self.log.clone()));
        if !unknown_variables.is_empty() {
            let names = unknown_variables.join(", ");
            tracing::warn!(names, "variables of the environment that are no settings");
        }
        allow_many_connections();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        // Before the store: what cannot be served is not made.
        let sockets = runtime.block_on(async { self.bind() })?;
        let metrics = Metrics::default();
        let opened = metrics.store.around(self.open(store)?);
        let options = ServiceOptions {
            failed_credentials_limit: self.failed_credentials_limit,
            account_rate: self.rate_limit_account,
            key_rate: self.rate_limit_key,
            history_days: self.history_days,
            is_read_only: false,
            routing_cache: self.routing_cache.clone(),
            routing_max_age: self.routing_max_age,
            records_calls: !self.no_request_log,
        };
        let service = Service::with_options(opened, Arc::new(SystemClock), &options);
        let service = Arc::new(service);
        let served = runtime.block_on(self.serve(
            &store.store,
            sockets,
            Arc::clone(&service),
            metrics,
            tls,
            Arc::downgrade(&log),
        ));
        drop(runtime);
        // The last reference: dropping it commits queued changes before the process ends.
        drop(service);
        served
    }

    /// Opens the store. With a file to route calls by, a database that is away is opened later.
    fn open(&self, choice: &StoreChoice) -> Result<Arc<dyn Store>, CliError> {
        let away = match choice.open(Creates::Yes) {
            Err(error @ StoreError::Away(_)) if self.routing_cache.is_some() => error,
            opened => return Ok(opened?),
        };
        tracing::error!(error = %away, "the store is away: until it is there, calls are routed alone");
        let later = store::open_later(&choice.store, Creates::Yes, choice.migrates())?;
        Ok(later.ok_or(away)?)
    }

    /// Takes the addresses. Nobody can connect yet.
    fn bind(&self) -> Result<(TcpSocket, Option<TcpSocket>), CliError> {
        let api = bind(self.listen, "--listen")?;
        let metrics = self.metrics_listen.map(|address| bind(address, "--metrics-listen"));
        Ok((api, metrics.transpose()?))
    }

    async fn serve(
        self,
        store: &Location,
        (api, watchers): (TcpSocket, Option<TcpSocket>),
        service: Arc<Service>,
        metrics: Metrics,
        tls: Option<Tls>,
        log: Weak<logs::Flush>,
    ) -> Result<(), CliError> {
        let listener = listen(api, "--listen")?;
        let address = listener.local_addr()?;
        if tls.is_none() && !address.ip().is_loopback() {
            metrics.is_without_tls.set(1);
            tracing::warn!(
                %address,
                "listening beyond this machine without TLS: API keys can be read on the way, \
                 set tls-cert and tls-key or put a proxy with TLS in front"
            );
        }
        // Before the address is printed, so that no signal is missed.
        let stopped = signals::catch(move || log.upgrade().iter().for_each(|log| log.finish()))?;
        let shutdown = async move {
            let _ = stopped.await;
            tracing::info!("stopping: requests that have begun are finished");
        };
        let scheme = if tls.is_some() { "https" } else { "http" };
        let base_url = format!("{scheme}://{address}");
        if let Some(socket) = watchers {
            let listener = listen(socket, "--metrics-listen")?;
            print_line(format_args!("Metrics on http://{}/metrics", listener.local_addr()?));
            // Answers until the runtime is dropped, so that a shutdown can be observed.
            tokio::spawn(http::serve_metrics(Arc::clone(&service), metrics.clone(), listener));
        }
        let mut console = (!self.no_console).then(|| console::Options {
            lets_operators_in: !self.no_console_operator,
            backups: self.backups,
            ..console::Options::default()
        });
        if self.demo {
            demo::prepare(&service, &base_url, &mut console).await?;
        }
        let (trusted_proxies, cors_origins) = (self.trusted_proxy, self.cors_origin);
        let mut options =
            http::Options { tls: None, trusted_proxies, cors_origins, metrics, console };
        // These tasks end with this function.
        let mut background = JoinSet::new();
        let hang_up = signal(SignalKind::hangup())?;
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            %address,
            store = %store,
            tls = tls.is_some(),
            "listening"
        );
        if let Some(tls) = tls {
            options.tls = Some(tls.acceptor());
            background.spawn(tls.watch(hang_up, SystemClock));
        } else {
            background.spawn(ignore_sighup(hang_up));
        }
        print_line(format_args!("Listening on {base_url}"));
        http::serve(service, listener, options, shutdown).await?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// An age, such as `90m` or `1h 30m`.
fn age(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<SignedDuration>().ok().and_then(|age| age.try_into().ok());
    parsed.ok_or_else(|| "a time is a number with a unit, such as 90m or 48h".to_owned())
}

/// Prints a line to stdout. The server goes on if stdout is closed: the log has the same facts.
fn print_line(line: impl Display) {
    if let Err(error) = writeln!(std::io::stdout(), "{line}") {
        tracing::debug!(%error, "standard output is closed");
    }
}

/// Keeps SIGHUP, which reloads certificates, from ending a server that has none.
async fn ignore_sighup(mut signals: Signal) {
    while signals.recv().await.is_some() {
        tracing::info!("SIGHUP: there is no certificate to read anew, so nothing is done");
    }
}

/// Takes the address of an option.
fn bind(address: SocketAddr, option: &str) -> Result<TcpSocket, CliError> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
    let bound = socket.and_then(|socket| {
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    });
    bound.map_err(|error| cannot_listen(address, &error, option))
}

fn listen(socket: TcpSocket, option: &str) -> Result<TcpListener, CliError> {
    let address = socket.local_addr()?;
    socket.listen(BACKLOG).map_err(|error| cannot_listen(address, &error, option))
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error, option: &str) -> CliError {
    let advice = if error.kind() == std::io::ErrorKind::AddrInUse {
        "another process listens there: choose another one with"
    } else {
        "choose another address with"
    };
    CliError::Message(format!("cannot listen on {address}: {error}; {advice} {option}"))
}

/// Raises the limit of open files to its maximum: each connection takes one.
fn allow_many_connections() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}
