//! `/console/accounts/edit?user_name=`: an account, what operators set of it, its key and its end.

use askama::Template;
use axum::http::StatusCode;
use serde_json::json;

use super::{API_PATH, PATH};
use crate::http::console::api::{IDEMPOTENCY_KEY, Request, segment};
use crate::http::console::cookie::Flash;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, FieldError, Frame, Problem};
use crate::http::console::settings::account::{AUTHENTICATIONS, Account};
use crate::http::console::settings::keys::{HOUR_S, KeyOnce, Made, OVERLAPS, number};
use crate::http::console::settings::{Choice, choices};
use crate::http::console::visit::{Posted, Visit};

/// The fields that a refusal is shown next to.
const FIELDS: [&str; 3] = ["phone_number_limit", "api_authentication", "typed_name"];

#[derive(Template)]
#[template(path = "accounts/edit.html")]
struct EditPage {
    frame: Frame,
    account: Account,
    /// What the account was when it was read, so that nobody overwrites what they have not seen.
    etag: String,
    limit: String,
    chosen: String,
    typed_name: String,
    problem: Problem,
    once: String,
}

impl EditPage {
    fn authentications(&self) -> Vec<Choice> {
        choices(&AUTHENTICATIONS, &self.chosen)
    }

    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn overlaps(&self) -> Vec<Choice> {
        choices(&OVERLAPS, HOUR_S)
    }

    fn used(&self) -> String {
        format!("{} are used", self.account.phones)
    }

    fn typing(&self) -> String {
        format!("{}, to delete it", self.account.user_name)
    }

    fn others(&self) -> String {
        self.problem.beside(&FIELDS)
    }
}

fn path(user_name: &str) -> String {
    format!("{API_PATH}/{}", segment(user_name))
}

async fn show(visit: &Visit, typed: &Fields, refused: Option<Problem>) -> Answer {
    let reply = visit.api.send(Request::get(path(typed.get("user_name")))).await?;
    let etag = reply.etag().to_owned();
    let account: Account = reply.json().await?;
    // What was typed stays; the other forms of the page send neither field.
    let or = |field: &str, now: &str| typed.all(field).next().unwrap_or(now).to_owned();
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = EditPage {
        frame: visit.frame("accounts"),
        etag,
        limit: or("phone_number_limit", &account.phone_number_limit.to_string()),
        chosen: or("api_authentication", &account.api_authentication),
        account,
        typed_name: typed.get("typed_name").to_owned(),
        once: visit.api.id().to_string(),
        problem: refused.unwrap_or_default(),
    };
    Ok(visit.show(status, &page))
}

/// What is shown of a refused request: the page again, unless the account is not there.
async fn refused(visit: &Visit, typed: &Fields, problem: Problem) -> Answer {
    if problem.is_of_input() && problem.status() != StatusCode::NOT_FOUND {
        return show(visit, typed, Some(problem)).await;
    }
    Err(problem)
}

/// `GET /console/accounts/edit`
pub async fn page(visit: Visit, typed: Fields) -> Answer {
    show(&visit, &typed, None).await
}

/// `POST /console/accounts/edit`
pub async fn edit(Posted { visit, fields }: Posted) -> Answer {
    let user_name = fields.get("user_name");
    let edit = json!({
        "api_authentication": fields.get("api_authentication"),
        "phone_number_limit": number(fields.get("phone_number_limit")),
    });
    let request = Request::patch(path(user_name)).json(&edit).if_match(fields.get("etag"));
    match visit.api.send(request).await {
        // The history is the account's, so an operator undoes nothing.
        Ok(_) => Ok(visit.told(PATH, &Flash::of(format!("{user_name} was saved.")))),
        Err(problem) => refused(&visit, &fields, problem).await,
    }
}

/// `POST /console/accounts/rotate-key`: a new own key for an account that has lost it.
pub async fn rotate_key(Posted { visit, fields }: Posted) -> Answer {
    let user_name = fields.get("user_name");
    let overlap = json!({"overlap_s": number(fields.get("overlap_s"))});
    let request = Request::post(format!("{}/rotate-key", path(user_name))).json(&overlap);
    match visit.api.read::<Made>(request.header(IDEMPOTENCY_KEY, fields.get("once"))).await {
        Ok(made) => {
            let frame = visit.frame("accounts");
            let what = format!("The new API key of {user_name}");
            let page = KeyOnce { frame, what, note: made.note(), key: made.key, back: PATH };
            Ok(visit.show(StatusCode::OK, &page))
        }
        Err(problem) => refused(&visit, &fields, problem).await,
    }
}

/// `POST /console/accounts/delete`: only once its name was typed.
pub async fn delete(Posted { visit, fields }: Posted) -> Answer {
    let user_name = fields.get("user_name");
    if fields.get("typed_name").trim() != user_name {
        return show(&visit, &fields, Some(not_typed(user_name))).await;
    }
    let request = Request::delete(path(user_name)).if_match(fields.get("etag"));
    match visit.api.send(request).await {
        Ok(_) => Ok(visit.told(PATH, &Flash::of(format!("{user_name} was deleted.")))),
        Err(problem) => refused(&visit, &fields, problem).await,
    }
}

fn not_typed(user_name: &str) -> Problem {
    let fault = FieldError {
        pointer: "/typed_name".to_owned(),
        detail: format!("Nothing was deleted: type {user_name} to delete it."),
        ..FieldError::default()
    };
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, fault.detail.clone());
    Problem { errors: vec![fault], ..problem }
}
