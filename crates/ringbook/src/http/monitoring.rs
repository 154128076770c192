//! Endpoints for monitoring. `GET /healthz`: the process is alive. `GET /readyz`: it can do its
//! work. `GET /metrics`, on a listener of its own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::header::{CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;

use super::accept::accepted;
use crate::metrics::{Format, Page};
use crate::service::Service;

/// The routes of every listener.
pub fn health_routes() -> Router<Arc<Service>> {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready))
}

/// The route of the listener for metrics.
pub fn metrics_routes(page: Page) -> Router<Arc<Service>> {
    Router::new().route("/metrics", get(show_metrics)).layer(Extension(Arc::new(page)))
}

async fn ready(State(service): State<Arc<Service>>) -> (StatusCode, &'static str) {
    if service.is_ready().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
    }
}

async fn show_metrics(
    State(service): State<Arc<Service>>,
    Extension(page): Extension<Arc<Page>>,
    headers: HeaderMap,
) -> impl IntoResponse {
    // Whoever accepts neither reads the default rather than nothing.
    let format = accepted(&headers, &Format::OFFERED).unwrap_or(Format::Prometheus);
    let is_ready = service.is_ready().await;
    // It lists the open files of the process, which may be thousands.
    let text = tokio::task::spawn_blocking(move || page.text(is_ready, format)).await;
    let headers = [(CONTENT_TYPE, format.content_type()), (VARY, "accept")];
    (headers, text.expect("a page is made without a panic"))
}
