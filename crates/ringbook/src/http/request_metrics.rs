//! Counts requests by route, outcome and status.
//!
//! The layer lies between the router and the handlers, where the route is known, and passes the
//! route on to the log. It is a layer of its own because axum's `from_fn` boxes a future and a copy
//! of all layers below it for each request, which took a microsecond.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::request::RequestLog;
use crate::metrics::{Ended, Endpoint, Requests};

/// Counts all requests of a router, including those without a route.
#[derive(Clone)]
pub struct RequestMetricsLayer(pub Requests);

impl<S> Layer<S> for RequestMetricsLayer {
    type Service = RequestMetrics<S>;

    fn layer(&self, inner: S) -> RequestMetrics<S> {
        RequestMetrics { inner, requests: self.0.clone() }
    }
}

/// A handler whose requests are counted.
#[derive(Clone)]
pub struct RequestMetrics<S> {
    inner: S,
    requests: Requests,
}

impl<S: Service<Request, Response = Response>> Service<Request> for RequestMetrics<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let begun = Instant::now();
        let path = request.extensions().get::<MatchedPath>().cloned();
        let endpoint = Endpoint::new(request.method(), path.as_ref());
        let requests = self.requests.clone();
        ResponseFuture { inner: self.inner.call(request), path, endpoint, begun, requests }
    }
}

pin_project! {
    /// Counts the request when the response is ready, and not if the client disconnects before.
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        path: Option<MatchedPath>,
        endpoint: Endpoint,
        begun: Instant,
        requests: Requests,
    }
}

impl<E, F: Future<Output = Result<Response, E>>> Future for ResponseFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(context))?;
        let outcome = response.extensions().get::<RequestLog>().map_or("", |log| log.outcome);
        let ended = Ended::new(this.endpoint.clone(), outcome, response.status());
        this.requests.count(&ended, this.begun.elapsed());
        if let Some(path) = this.path.take() {
            response.extensions_mut().insert(path);
        }
        Poll::Ready(Ok(response))
    }
}
