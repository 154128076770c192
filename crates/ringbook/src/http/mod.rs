//! The front ends that speak HTTP. They never see one another: each has a folder of its own,
//! its own parser, its own errors, and calls the service.

mod cors;
mod health;
pub mod limits;
pub mod phone_manage;
mod request;
mod server;
mod source;
pub mod tls;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;

use crate::service::Service;
pub use cors::{AllowedOrigin, AllowedOriginFault};
pub use request::{RequestIds, Told};
pub use server::{Options, serve};
pub use source::{Source, TrustedProxy};

/// Everything the server answers.
fn router(service: Arc<Service>) -> Router {
    Router::new()
        .merge(health::routes())
        .merge(phone_manage::routes())
        .fallback(|| async { StatusCode::NOT_FOUND.into_response() })
        .with_state(service)
}
