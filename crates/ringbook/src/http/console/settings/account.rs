//! The settings of an account.

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::PATH;
use super::keys::{Key, keys};
use super::sessions::{SessionRow, sessions};
use crate::http::console::api::Request;
use crate::http::console::page::{Answer, Frame};
use crate::http::console::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "settings/account.html")]
struct AccountPage {
    frame: Frame,
    /// None for a key that may not see it.
    account: Option<Account>,
    keys: Vec<Key>,
    sessions: Vec<SessionRow>,
}

/// An account, as the API shows it.
#[derive(Debug, Deserialize)]
pub struct Account {
    pub user_name: String,
    pub api_authentication: String,
    pub phone_number_limit: u32,
    pub phones: u64,
}

/// The settings; the keys and who is signed in for a key that may change them.
pub async fn show(visit: &Visit) -> Answer {
    let frame = visit.frame("settings");
    let account = match visit.api.read(Request::get("/v1/account")).await {
        Err(problem) if problem.status() == StatusCode::FORBIDDEN => None,
        account => Some(account?),
    };
    let (keys, sessions) = if frame.can_write {
        (keys(&visit.api).await?, sessions(visit).await?)
    } else {
        Default::default()
    };
    Ok(visit.show(StatusCode::OK, &AccountPage { frame, account, keys, sessions }))
}

/// `POST /console/settings`
pub async fn edit(Posted { visit, fields }: Posted) -> Answer {
    let edit = json!({"api_authentication": fields.get("api_authentication")});
    visit.api.send(Request::patch("/v1/account").json(&edit)).await?;
    Ok(visit.done(PATH, "The settings were saved.").await)
}
