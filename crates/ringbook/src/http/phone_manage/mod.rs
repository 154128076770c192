//! CloudAgent's PhoneManageV2 and Generate Token, byte for byte (`docs/phone-manage-v2.md`).
//!
//! This folder is the only place that knows the legacy bytes; deleting it deletes the old API.

mod action;
mod answer;
pub mod body;
mod commands;
mod explain;
mod gateway;
mod handler;
mod idempotency;
mod openapi;
mod reason;
pub mod reply;
mod token;
mod values;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;

use crate::service::Service;
pub use handler::PATH;
pub use openapi::Described;

/// The routes. Any method is routed here, as a wrong one has a reply of its own.
pub fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(PATH, any(handler::handle))
        .route(explain::EXPLAIN_PATH, any(explain::handle))
        .route(token::TOKEN_PATH, any(token::handle))
}
