//! Accepts connections, within limits, until shutdown.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::Service as _;

use super::client_stream::ClientStream;
use super::console;
use super::cors::AllowedOrigin;
use super::head;
use super::limits::{
    ACKNOWLEDGE_TIMEOUT, ARRIVAL_TIMEOUT, CONNECTIONS_MAX, DRAIN_TIMEOUT, HANDSHAKE_TIMEOUT,
    HEAD_BYTES_MAX, HEAD_TIMEOUT, HEADERS_MAX,
};
use super::request::{Closing, RequestIds, finish, within};
use super::router::{metrics_router, router};
use super::source::{Source, TrustedProxy};
use super::unparsed::Completion;
use super::unread::Arrival;
use crate::metrics::{Metrics, Page};
use crate::service::Service;

/// The pause after a failed accept, such as one without free file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The options of the server.
#[derive(Clone, Default)]
pub struct Options {
    /// Encrypts connections, if given.
    pub tls: Option<TlsAcceptor>,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Origins whose pages may call the native API.
    pub cors_origins: Vec<AllowedOrigin>,
    /// Counters of requests and connections.
    pub metrics: Metrics,
    /// The console, unless it is off.
    pub console: Option<console::Options>,
}

/// Serves until `shutdown` is ready, then finishes running requests and returns.
pub async fn serve(
    service: Arc<Service>,
    listener: TcpListener,
    options: Options,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let router = router(service, options.metrics.requests.clone(), &options);
    accept(router, listener, options, shutdown).await
}

/// Serves metrics until it is dropped.
pub async fn serve_metrics(
    service: Arc<Service>,
    metrics: Metrics,
    listener: TcpListener,
) -> io::Result<()> {
    let router = metrics_router(Arc::clone(&service), Page::new(&metrics, &service));
    // Its own connections are not counted.
    accept(router, listener, Options::default(), std::future::pending()).await
}

async fn accept(
    router: axum::Router,
    listener: TcpListener,
    options: Options,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let Options { tls, trusted_proxies, metrics, .. } = options;
    let shared = Shared { ids: RequestIds::default(), is_tls: tls.is_some(), trusted_proxies };
    let app = App { router, shared: Arc::new(shared) };
    let (closing, closed) = watch::channel(());
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
    let mut shutdown = pin!(shutdown);
    loop {
        let permit = Arc::clone(&permits).acquire_owned();
        let accepted = async {
            let permit = permit.await.expect("the semaphore is never closed");
            (listener.accept().await, permit)
        };
        let (stream, peer, permit) = tokio::select! {
            () = &mut shutdown => break,
            (accepted, permit) = accepted => match accepted {
                Ok((stream, peer)) => (stream, peer.ip(), permit),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        set_options(&stream);
        let app = app.clone();
        let closing = Closing::new(closed.clone());
        let held = (permit, metrics.connections.open());
        let closed = closed.clone();
        // Two kinds of task, as a plain connection needs less memory than an encrypted one.
        match tls.clone() {
            None => drop(tokio::spawn(async move {
                answer(stream, peer, app, closing).await;
                drop(held);
            })),
            Some(acceptor) => drop(tokio::spawn(async move {
                if let Some(stream) = handshake(&acceptor, stream, peer, closed).await {
                    answer(stream, peer, app, closing).await;
                }
                drop(held);
            })),
        }
    }
    drop((listener, closing));
    // Each connection has one of the permits until it ends.
    let ended = permits.acquire_many(CONNECTIONS_MAX);
    if tokio::time::timeout(DRAIN_TIMEOUT, ended).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}

/// Performs the TLS handshake, unless it takes too long or the server shuts down.
async fn handshake(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
    peer: IpAddr,
    mut closed: watch::Receiver<()>,
) -> Option<TlsStream<TcpStream>> {
    let agreed = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream));
    let agreed = tokio::select! {
        agreed = agreed => agreed,
        _ = closed.changed() => return None,
    };
    let agreed = agreed.map_err(io::Error::from).flatten();
    agreed.inspect_err(|error| tracing::debug!(%peer, %error, "a client did not agree on TLS")).ok()
}

/// Handles the requests of a connection.
async fn answer<S>(stream: S, peer: IpAddr, app: App, closing: Closing)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let arrival = Arrival::default();
    let completion = Completion { peer, ids: app.shared.ids.clone() };
    let stream = ClientStream::new(stream, closing.clone(), completion);
    let respond = {
        let (arrival, closing) = (arrival.clone(), closing.clone());
        service_fn(move |request| {
            app.clone().respond(request, peer, closing.clone(), arrival.clone())
        })
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // A client that sends no more still gets its answer.
        .half_close(true)
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), respond);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = closing.server_stops() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = is_too_late(&arrival) => return,
            }
        }
    };
    if let Err(error) = ended {
        // With the cause, as the error of hyper itself only names the step.
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        tracing::debug!(%peer, %error, cause, "a client went away or sent what is no HTTP");
    }
}

/// Waits, once shutdown has begun, until a connection without a whole request must end.
async fn is_too_late(arrival: &Arrival) {
    tokio::time::sleep(ARRIVAL_TIMEOUT).await;
    if arrival.is_whole() {
        std::future::pending::<()>().await;
    }
}

fn set_options(stream: &TcpStream) {
    // Both are optimisations, so errors are ignored.
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(ACKNOWLEDGE_TIMEOUT));
    #[cfg(not(target_os = "linux"))]
    let _ = ACKNOWLEDGE_TIMEOUT;
}

/// The handler of all requests.
#[derive(Clone)]
struct App {
    router: axum::Router,
    shared: Arc<Shared>,
}

struct Shared {
    ids: RequestIds,
    is_tls: bool,
    trusted_proxies: Vec<TrustedProxy>,
}

impl App {
    async fn respond(
        mut self,
        request: Request<Incoming>,
        peer: IpAddr,
        closing: Closing,
        arrival: Arrival,
    ) -> Result<Response<Body>, Infallible> {
        let begun = Instant::now();
        let id = self.shared.ids.next();
        let Shared { is_tls, trusted_proxies: trusted, .. } = &*self.shared;
        let source = Source::of(peer, *is_tls, request.headers(), trusted);
        let mut request = arrival.begin(request);
        request.extensions_mut().insert(id);
        request.extensions_mut().insert(closing);
        request.extensions_mut().insert(source);
        let method = request.method().clone();
        let mut response = match head::refuse(&request) {
            None => within(id, self.router.call(request)).await?,
            Some(refusal) => refusal,
        };
        arrival.settle(&mut response).await;
        finish(&mut response, &method, id, source, begun);
        Ok(arrival.until_sent(response))
    }
}
