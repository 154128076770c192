//! `/console/settings`: of an account its settings, its keys and who is signed in; of the operator
//! the server, and which operators are signed in.

pub mod account;
pub mod keys;
pub mod server;
pub mod sessions;

use axum::Extension;

use super::Console;
use super::page::Answer;
use super::visit::Visit;
use crate::service::Principal;

pub const PATH: &str = "/console/settings";

/// `GET /console/settings`
pub async fn page(Extension(console): Extension<Console>, visit: Visit) -> Answer {
    match visit.signed_in.principal {
        Principal::Account(_) => account::show(&visit).await,
        Principal::Operator(_) => server::show(&visit, console.options.backups).await,
    }
}
