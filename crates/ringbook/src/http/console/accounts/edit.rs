//! `/console/accounts/edit?user_name=`: an account, what operators set of it, its key and its end.

use askama::Template;
use axum::http::StatusCode;
use serde_json::json;

use super::{API_PATH, PATH, settings};
use crate::http::console::api::{Request, segment};
use crate::http::console::cookie::Flash;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, FieldError, Frame, Problem};
use crate::http::console::settings::account::Account;
use crate::http::console::settings::keys::make;
use crate::http::console::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "accounts/edit.html")]
struct EditPage {
    frame: Frame,
    account: Account,
    /// What the account was when it was read, so that nobody overwrites what they have not seen.
    etag: String,
    /// What was typed stays. Each form of the page sends its own fields.
    typed: Fields,
    problem: Problem,
}

fn path(user_name: &str) -> String {
    format!("{API_PATH}/{}", segment(user_name))
}

async fn show(visit: &Visit, typed: Fields, problem: Problem) -> Answer {
    let reply = visit.api.send(Request::get(path(typed.get("user_name")))).await?;
    let (frame, etag) = (visit.frame("accounts"), reply.etag().to_owned());
    let account = reply.json().await?;
    let status = problem.page_status();
    Ok(visit.show(status, &EditPage { frame, account, etag, typed, problem }))
}

/// `GET /console/accounts/edit`
pub async fn page(visit: Visit, typed: Fields) -> Answer {
    show(&visit, typed, Problem::default()).await
}

/// Sends a request; the page again if it is refused.
async fn send(visit: &Visit, fields: Fields, request: Request, done: &str) -> Answer {
    match visit.api.send(request.if_match(fields.get("etag"))).await {
        // The history is the account's, so an operator undoes nothing.
        Ok(_) => {
            let text = format!("{} was {done}.", fields.get("user_name"));
            Ok(visit.told(PATH, &Flash::of(text)))
        }
        Err(problem) if problem.is_of_input() => show(visit, fields, problem).await,
        Err(problem) => Err(problem),
    }
}

/// `POST /console/accounts/edit`
pub async fn edit(Posted { visit, fields }: Posted) -> Answer {
    let request = Request::patch(path(fields.get("user_name"))).json(&settings(&fields));
    send(&visit, fields, request, "saved").await
}

/// `POST /console/accounts/rotate-key`: a new own key for an account that has lost it.
pub async fn rotate_key(Posted { visit, fields }: Posted) -> Answer {
    let user_name = fields.get("user_name");
    let overlap = json!({"overlap_s": fields.number("overlap_s")});
    let request = Request::post(format!("{}/rotate-key", path(user_name))).json(&overlap);
    make(&visit, &fields, request, ("accounts", user_name)).await
}

/// `POST /console/accounts/delete`: only once its name was typed.
pub async fn delete(Posted { visit, fields }: Posted) -> Answer {
    let user_name = fields.get("user_name");
    if fields.get("typed_name").trim() != user_name {
        let detail = format!("Nothing was deleted: type {user_name} to delete it.");
        let pointer = "/typed_name".to_owned();
        let fault = FieldError { pointer, detail, ..FieldError::default() };
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "");
        return show(&visit, fields, Problem { errors: vec![fault], ..problem }).await;
    }
    let request = Request::delete(path(user_name));
    send(&visit, fields, request, "deleted").await
}
