//! `GET /console/accounts`: the table.

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;

use super::{API_PATH, PATH};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame};
use crate::http::console::settings::account::Account;
use crate::http::console::visit::Visit;

/// Accounts on a page.
const ACCOUNTS_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "accounts/list.html")]
struct ListPage {
    frame: Frame,
    query: Fields,
    found: Accounts,
    /// The next page.
    next: Option<String>,
}

/// What the API answers.
#[derive(Deserialize)]
struct Accounts {
    items: Vec<Account>,
    next: Option<String>,
    damaged: Vec<String>,
}

impl ListPage {
    /// The page of an account. Its name may be `..`, so it is no segment of a path.
    fn link(user_name: &str) -> String {
        Fields::default().link(&format!("{PATH}/edit"), &[("user_name", user_name)])
    }
}

/// The accounts whose names begin with `q`, from `cursor` on.
pub async fn page(visit: Visit, query: Fields) -> Answer {
    let request = Request::get(API_PATH)
        .query("limit", ACCOUNTS_SHOWN)
        .given("user_name_prefix", query.get("q").trim())
        .given("cursor", query.get("cursor"));
    let found: Accounts = visit.api.read(request).await?;
    let next = found.next.as_deref().map(|next| query.link(PATH, &[("cursor", next)]));
    let frame = visit.frame("accounts");
    Ok(visit.show(StatusCode::OK, &ListPage { frame, query, found, next }))
}
