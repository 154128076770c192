//! CloudAgent's PhoneManageV2 and Generate Token, byte for byte (`docs/phone-manage-v2.md`).
//!
//! This folder is the only place that knows the legacy bytes; deleting it deletes the old API.

mod answer;
pub mod body;
mod commands;
mod described;
mod explain;
mod gateway;
mod handler;
mod idempotency;
mod reason;
pub mod reply;
mod token;
mod values;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;

use crate::service::Service;
pub use described::Described;

/// The endpoint.
pub const PATH: &str = "/ca_apis/PhoneManageV2";
/// Generate Token.
pub const TOKEN_PATH: &str = "/ca_apis/CAToken/generateToken";

/// What PhoneManageV2 would answer, and why.
pub const EXPLAIN_PATH: &str = "/ca_apis/PhoneManageV2/explain";

/// The routes. Any method is taken, as a wrong one has a body of its own.
pub fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(PATH, any(handler::handle))
        .route(EXPLAIN_PATH, any(explain::handle))
        .route(TOKEN_PATH, any(token::handle))
}
