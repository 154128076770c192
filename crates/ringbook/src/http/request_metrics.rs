//! Requests are counted between the router and the handlers, where the route is known; the log is
//! told of it from there.
//!
//! A layer of its own and not axum's `from_fn`, which boxes a future and a copy of all below it
//! for each request: that alone took a microsecond.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::request::Told;
use crate::metrics::{Ended, Endpoint, Requests};

/// Counts all requests of a router, those too that no route takes.
#[derive(Clone)]
pub struct CountLayer(pub Requests);

impl<S> Layer<S> for CountLayer {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, requests: self.0.clone() }
    }
}

/// A handler whose requests are counted.
#[derive(Clone)]
pub struct Counted<S> {
    inner: S,
    requests: Requests,
}

impl<S: Service<Request, Response = Response>> Service<Request> for Counted<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Counting<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let begun = Instant::now();
        let path = request.extensions().get::<MatchedPath>().cloned();
        let endpoint = Endpoint::new(request.method(), path.clone().into());
        let requests = self.requests.clone();
        Counting { answer: self.inner.call(request), path, endpoint, begun, requests }
    }
}

pin_project! {
    /// An answer that is counted when it is there. If the caller goes away before, it is not.
    pub struct Counting<F> {
        #[pin]
        answer: F,
        path: Option<MatchedPath>,
        endpoint: Endpoint,
        begun: Instant,
        requests: Requests,
    }
}

impl<E, F: Future<Output = Result<Response, E>>> Future for Counting<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut response = ready!(this.answer.poll(context))?;
        let outcome = response.extensions().get::<Told>().map_or("", |told| told.outcome);
        let ended = Ended::new(this.endpoint.clone(), outcome, response.status());
        this.requests.count(ended, this.begun.elapsed());
        if let Some(path) = this.path.take() {
            response.extensions_mut().insert(path);
        }
        Poll::Ready(Ok(response))
    }
}
