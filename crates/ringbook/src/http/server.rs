//! Accepting connections, within limits, until told to stop.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower_service::Service as _;

use super::limits::{
    CONNECTIONS_MAX, DRAIN_TIMEOUT, HEAD_BYTES_MAX, HEAD_TIMEOUT, HEADERS_MAX, UNREAD_TIMEOUT,
};
use super::request::{RequestIds, finish};
use super::{metrics_router, router};
use crate::metrics::{Connections, Metrics, Page};
use crate::service::Service;

/// How long to wait before accepting again when the system has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown` is ready, then finishes the requests that have begun, and returns.
pub async fn serve(
    service: Arc<Service>,
    metrics: Metrics,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let app = App::new(router(service, metrics.requests));
    accept(app, metrics.connections, listener, shutdown).await
}

/// Tells those who watch the server, for as long as it is not dropped.
pub async fn serve_metrics(
    service: Arc<Service>,
    metrics: Metrics,
    listener: TcpListener,
) -> io::Result<()> {
    let page = Page::new(&metrics, &service);
    let app = App::new(metrics_router(service, page));
    // Its own connections are not those that are watched.
    accept(app, Connections::default(), listener, std::future::pending()).await
}

async fn accept(
    app: App,
    connections: Connections,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let accepted = async {
            let place = place.await.expect("the semaphore is never closed");
            (listener.accept().await, place)
        };
        let (stream, place) = tokio::select! {
            () = &mut shutdown => break,
            (accepted, place) = accepted => match accepted {
                Ok((stream, _)) => (stream, place),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        set_options(&stream);
        let connection = connection(stream, app.clone());
        let connection = graceful.watch(connection);
        let open = connections.open();
        tokio::spawn(async move {
            // An error is a client that went away or sent no HTTP.
            let _ = connection.await;
            drop((place, open));
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    Ok(())
}

fn connection(
    stream: TcpStream,
    app: App,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send>,
> {
    let respond = service_fn(move |request| app.clone().respond(request));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), respond)
}

fn set_options(stream: &TcpStream) {
    // Neither is needed for right answers, so a system that lacks one is no failure.
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(UNREAD_TIMEOUT));
    #[cfg(not(target_os = "linux"))]
    let _ = UNREAD_TIMEOUT;
}

#[derive(Clone)]
struct App {
    router: axum::Router,
    ids: Arc<RequestIds>,
}

impl App {
    fn new(router: axum::Router) -> Self {
        Self { router, ids: Arc::new(RequestIds::new()) }
    }

    async fn respond(
        mut self,
        mut request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        let begun = Instant::now();
        let id = self.ids.next();
        request.extensions_mut().insert(id);
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let mut response = self.router.call(request).await?;
        finish(&mut response, &method, &uri, id, begun);
        Ok(response)
    }
}
