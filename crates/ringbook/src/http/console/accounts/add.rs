//! `/console/accounts/add`: a form for a new account.

use askama::Template;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::json;

use super::{API_PATH, PATH};
use crate::http::console::api::{IDEMPOTENCY_KEY, Request};
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::settings::account::AUTHENTICATIONS;
use crate::http::console::settings::keys::{KeyOnce, Made, number};
use crate::http::console::settings::{Choice, choices};
use crate::http::console::visit::{Posted, Visit};

/// The fields that a refusal is shown next to.
const FIELDS: [&str; 3] = ["user_name", "phone_number_limit", "api_authentication"];

#[derive(Template)]
#[template(path = "accounts/add.html")]
struct AddPage {
    frame: Frame,
    typed: Fields,
    problem: Problem,
    /// Names what is sent, so that a form that comes twice makes one account.
    once: String,
}

impl AddPage {
    fn authentications(&self) -> Vec<Choice> {
        choices(&AUTHENTICATIONS, self.typed.get("api_authentication"))
    }

    fn limit(&self) -> &str {
        self.typed.all("phone_number_limit").next().unwrap_or("1000")
    }

    fn others(&self) -> String {
        self.problem.beside(&FIELDS)
    }
}

fn show(visit: &Visit, typed: Fields, refused: Option<Problem>) -> Response<Body> {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (frame, once) = (visit.frame("accounts"), visit.api.id().to_string());
    let problem = refused.unwrap_or_default();
    visit.show(status, &AddPage { frame, typed, problem, once })
}

/// `GET /console/accounts/add`
pub async fn page(visit: Visit, typed: Fields) -> Response<Body> {
    show(&visit, typed, None)
}

/// `POST /console/accounts`
pub async fn add(Posted { visit, fields }: Posted) -> Answer {
    let user_name = fields.get("user_name").trim();
    let account = json!({
        "user_name": user_name,
        "api_authentication": fields.get("api_authentication"),
        "phone_number_limit": number(fields.get("phone_number_limit")),
    });
    let request = Request::post(API_PATH).json(&account);
    match visit.api.read::<Made>(request.header(IDEMPOTENCY_KEY, fields.get("once"))).await {
        Ok(made) => {
            let frame = visit.frame("accounts");
            let what = format!("The API key of the new account {user_name}");
            let note = "It has the scope full. With it and the user name, the account signs in \
                        here and makes other keys.";
            let page = KeyOnce { frame, what, key: made.key, note: note.to_owned(), back: PATH };
            Ok(visit.show(StatusCode::OK, &page))
        }
        Err(problem) if problem.is_of_input() => Ok(show(&visit, fields, Some(problem))),
        Err(problem) => Err(problem),
    }
}
