//! The settings of an account.

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::keys::{Key, keys};
use super::sessions::{SessionRow, sessions};
use super::{Choice, PATH, choices};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::visit::Visit;

#[derive(Template)]
#[template(path = "settings/account.html")]
struct AccountPage {
    frame: Frame,
    /// None for a key that may not see it.
    account: Option<Account>,
    /// The way to authenticate that is chosen.
    chosen: String,
    problem: Problem,
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
    /// The key that is signed in; not told to operators.
    #[serde(default)]
    pub key: SignedInKey,
}

#[derive(Debug, Default, Deserialize)]
pub struct SignedInKey {
    pub id: String,
    pub scope: String,
}

impl AccountPage {
    fn authentications(&self) -> Vec<Choice> {
        choices(&AUTHENTICATIONS, &self.chosen)
    }

    fn others(&self) -> String {
        self.problem.beside(&["api_authentication"])
    }

    /// Whether somebody is signed in here with this key.
    fn is_signed_in(&self, key: &Key) -> bool {
        self.account.as_ref().is_some_and(|account| account.key.id == key.id)
    }
}

/// The ways to authenticate: what the API calls them, and what people do.
pub const AUTHENTICATIONS: [(&str, &str); 2] = [
    ("BASIC_AUTH", "BASIC_AUTH: calls carry the API key"),
    ("TOKEN_AUTH", "TOKEN_AUTH: calls carry tokens made from the key"),
];

pub async fn show(visit: &Visit, typed: &Fields, refused: Option<Problem>) -> Answer {
    let frame = visit.frame("settings");
    let account = match visit.api.read::<Account>(Request::get("/v1/account")).await {
        Err(problem) if problem.status() == StatusCode::FORBIDDEN => None,
        account => Some(account?),
    };
    let now = account.as_ref().map(|account| account.api_authentication.clone());
    let chosen = match typed.get("api_authentication") {
        "" => now.unwrap_or_default(),
        chosen => chosen.to_owned(),
    };
    let keys = if frame.can_write { keys(&visit.api).await? } else { Vec::new() };
    let sessions = sessions(visit).await?;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let problem = refused.unwrap_or_default();
    Ok(visit.show(status, &AccountPage { frame, account, chosen, problem, keys, sessions }))
}

pub async fn edit(visit: Visit, fields: Fields) -> Answer {
    let edit = json!({"api_authentication": fields.get("api_authentication")});
    match visit.api.send(Request::patch("/v1/account").json(&edit)).await {
        Ok(_) => Ok(visit.done(PATH, "The settings were saved.").await),
        Err(problem) if problem.is_of_input() => show(&visit, &fields, Some(problem)).await,
        Err(problem) => Err(problem),
    }
}
