//! The routes of the server and of the metrics listener.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;

use super::cors::{self, AllowedOrigin};
use super::request_metrics::RequestMetricsLayer;
use super::{api, monitoring, openapi, phone_manage};
use crate::metrics::{Page, Requests};
use crate::service::Service;

/// The routes of the server.
pub fn router(service: Arc<Service>, requests: Requests, cors_origins: &[AllowedOrigin]) -> Router {
    let native = api::router(cors_origins).merge(openapi::routes());
    Router::new()
        .merge(monitoring::health_routes())
        .merge(phone_manage::routes())
        .merge(cors::around(native, cors_origins))
        .merge(openapi::page_routes())
        .fallback(|| async { StatusCode::NOT_FOUND.into_response() })
        .layer(RequestMetricsLayer(requests))
        .with_state(service)
}

/// The routes of the metrics listener.
pub fn metrics_router(service: Arc<Service>, page: Page) -> Router {
    Router::new()
        .merge(monitoring::health_routes())
        .merge(monitoring::metrics_routes(page))
        // Its own requests are not counted, but the layer passes their routes on to the log.
        .layer(RequestMetricsLayer(Requests::default()))
        .with_state(service)
}
