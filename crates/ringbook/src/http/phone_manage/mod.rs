//! CloudAgent's PhoneManageV2 and Generate Token, byte for byte. The contract is
//! `docs/phone-manage-v2.md`; comments refer to its sections and to its numbers of the checks.
//!
//! Start with `handler`, which runs the checks of PhoneManageV2 in their order. `gateway` and
//! `body` have check 1, `action` has check 3, `commands` and `values` have checks 4 to 7. The
//! service does check 2 and the rest. A `Reply` is a status and a body of the contract; an
//! `Answer` is a reply with its reason.
//!
//! No other module knows the format of this API. Deleting this folder deletes the API.

mod action;
mod answer;
pub mod body;
mod commands;
mod explain;
mod gateway;
mod handler;
mod idempotency;
mod no_such_path;
mod openapi;
mod reason;
pub mod reply;
mod schemas;
mod token;
mod values;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;

use crate::service::Service;
pub use handler::PATH;
pub use no_such_path::{no_such_path, owns};
pub use openapi::Described;

/// The routes. They take any method, as the handlers reply to a wrong one in this API's format.
pub fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(PATH, any(handler::handle))
        .route(explain::EXPLAIN_PATH, any(explain::handle))
        .route(token::TOKEN_PATH, any(token::handle))
}
