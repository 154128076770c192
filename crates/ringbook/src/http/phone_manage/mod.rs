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
mod openapi;
mod reason;
mod record;
pub mod reply;
mod token;
mod values;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::response::IntoResponse as _;
use axum::routing::any;

use crate::service::Service;
use answer::Answer;
use explain::EXPLAIN_PATH;
pub use handler::PATH;
pub use openapi::Described;
use reason::quoted;
use reply::Reply;
use token::TOKEN_PATH;

/// The routes. They take any method, as the handlers reply to a wrong one in this API's format.
pub fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(PATH, any(handler::handle))
        .route(EXPLAIN_PATH, any(explain::handle))
        .route(TOKEN_PATH, any(token::handle))
}

/// The first segments of the paths of CloudAgent's APIs. Below the second one there is nothing here.
const PREFIXES: [&str; 2] = ["ca_apis", "CAServices"];

/// Whether a path is one of CloudAgent's APIs, or was meant to be.
pub fn owns(path: &str) -> bool {
    let first = path.split('/').find(|segment| !segment.is_empty());
    first.is_some_and(|first| PREFIXES.iter().any(|prefix| first.eq_ignore_ascii_case(prefix)))
}

/// The answer, whose reason has the path that was most likely meant.
pub fn no_such_path(path: &str) -> Response<Body> {
    let lower_case = path.to_ascii_lowercase();
    let meant = match () {
        () if lower_case.contains("token") => TOKEN_PATH,
        () if lower_case.contains("explain") => EXPLAIN_PATH,
        () => PATH,
    };
    let reason = format!("path: nothing is at {}, did you mean {meant}?", quoted(path));
    Answer::because(Reply::NO_SUCH_PATH, reason).into_response()
}
