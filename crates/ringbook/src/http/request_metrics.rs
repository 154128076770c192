//! Counts requests by route, outcome and status.
//!
//! The layer lies between the router and the handlers, where the route is known, and passes the
//! route on to the log. It is made of plain functions because axum's `from_fn` boxes a future and a
//! copy of all layers below it for each request, which took a microsecond.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::routing::Route;
use tower::layer::layer_fn;
use tower::{Service as _, service_fn};

use super::request::RequestLog;
use crate::metrics::{Ended, Endpoint, Requests};
use crate::service::Service;

/// Counts all requests of a router, including those without a route: when the response is ready, and
/// not if the client disconnects before.
pub fn counted(router: Router<Arc<Service>>, requests: Requests) -> Router<Arc<Service>> {
    router.layer(layer_fn(move |mut route: Route| {
        let requests = requests.clone();
        service_fn(move |request: Request| {
            let begun = Instant::now();
            let path = request.extensions().get::<MatchedPath>().cloned();
            let endpoint = Endpoint::new(request.method(), path.as_ref());
            let (requests, answering) = (requests.clone(), route.call(request));
            async move {
                let mut response = answering.await?;
                let log = response.extensions().get::<RequestLog>();
                let outcome = log.map_or("", |log| log.outcome);
                let ended = Ended::new(endpoint, outcome, response.status());
                requests.count(&ended, begun.elapsed());
                if let Some(path) = path {
                    response.extensions_mut().insert(path);
                }
                Ok::<_, Infallible>(response)
            }
        })
    }))
}
