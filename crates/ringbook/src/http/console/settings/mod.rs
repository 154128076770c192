//! `/console/settings`: of an account its settings, its keys and who is signed in; of the operator
//! the server, and which operators are signed in.

pub mod account;
pub mod browser;
pub mod keys;
pub mod server;
pub mod sessions;

use axum::http::StatusCode;

use super::fields::Fields;
use super::page::{Answer, Problem};
use super::visit::{Posted, Visit};
use crate::service::Principal;

pub const PATH: &str = "/console/settings";

/// One of several values that a form offers.
pub struct Choice {
    pub value: &'static str,
    pub text: &'static str,
    pub is_chosen: bool,
}

/// What a form offers: values and what people read, with the one that is chosen.
pub fn choices(offered: &[(&'static str, &'static str)], chosen: &str) -> Vec<Choice> {
    let choice = |&(value, text)| Choice { value, text, is_chosen: value == chosen };
    offered.iter().map(choice).collect()
}

/// `GET /console/settings`
pub async fn page(visit: Visit) -> Answer {
    match visit.signed_in.principal {
        Principal::Account(_) => account::show(&visit, &Fields::default(), None).await,
        Principal::Operator(_) => server::show(&visit).await,
    }
}

/// `POST /console/settings`: edits the account.
pub async fn edit(Posted { visit, fields }: Posted) -> Answer {
    account::edit(visit, fields).await
}

/// Refuses a key that only reads.
fn writing(visit: &Visit) -> Result<(), Problem> {
    if visit.frame("settings").can_write {
        return Ok(());
    }
    let detail = "The key that you have signed in with may not do this: it needs the scope full.";
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}
