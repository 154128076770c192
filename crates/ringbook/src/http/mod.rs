//! The front ends that speak HTTP. They never see one another: each has a folder of its own,
//! its own parser, its own errors, and calls the service.

pub mod api;
mod cors;
mod counted;
mod credentials;
mod health;
mod idempotency;
pub mod limits;
mod openapi;
pub mod phone_manage;
mod request;
mod server;
mod source;
pub mod tls;
mod watch;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::{Extension, Router};

use crate::metrics::{Page, Requests};
use crate::service::Service;
pub use cors::{AllowedOrigin, AllowedOriginFault};
use counted::CountLayer;
use request::Closing;
pub use request::{RequestIds, Told};
pub use server::{Options, serve, serve_metrics};
pub use source::{Source, TrustedProxy};

/// Everything the server answers.
fn router(
    service: Arc<Service>,
    requests: Requests,
    closing: Closing,
    cors_origins: &[AllowedOrigin],
) -> Router {
    // Its streams alone outlast a request, so others are spared the extension.
    let native = api::router().layer(Extension(closing)).merge(openapi::routes());
    Router::new()
        .merge(health::routes())
        .merge(phone_manage::routes())
        .merge(cors::around(native, cors_origins))
        .merge(openapi::page_routes())
        .fallback(|| async { StatusCode::NOT_FOUND.into_response() })
        .layer(CountLayer(requests))
        .with_state(service)
}

/// Everything that those who watch the server are told, and nobody else.
fn metrics_router(service: Arc<Service>, page: Page) -> Router {
    Router::new()
        .merge(health::routes())
        .merge(watch::routes(page))
        // Its requests are not those that are watched; the log has their routes all the same.
        .layer(CountLayer(Requests::default()))
        .with_state(service)
}
