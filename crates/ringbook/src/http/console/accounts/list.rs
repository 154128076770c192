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
    accounts: Vec<Account>,
    damaged: Vec<String>,
    /// The pages after and before this one.
    next: Option<String>,
    first: Option<String>,
}

/// What the API answers.
#[derive(Deserialize)]
struct Accounts {
    items: Vec<Account>,
    next: Option<String>,
    damaged: Vec<String>,
}

impl ListPage {
    /// What a reader hears once the list has changed.
    fn summary(&self) -> String {
        let is_part = self.next.is_some() || self.first.is_some();
        match self.accounts.len() {
            0 => "No accounts found".to_owned(),
            1 if !is_part => "1 account".to_owned(),
            count if !is_part => format!("{count} accounts"),
            count => format!("{count} accounts on this page"),
        }
    }

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
    let Accounts { items, next, damaged } = visit.api.read(request).await?;
    let page = ListPage {
        frame: visit.frame("accounts"),
        accounts: items,
        damaged,
        next: next.map(|next| query.link(PATH, &[("cursor", &next)])),
        first: (!query.get("cursor").is_empty()).then(|| query.link(PATH, &[("cursor", "")])),
        query,
    };
    Ok(visit.show(StatusCode::OK, &page))
}
