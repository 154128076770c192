//! `/console/accounts/add`: a form for a new account.

use askama::Template;
use axum::body::Body;
use axum::http::Response;

use super::{API_PATH, settings};
use crate::http::console::api::Request;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::settings::keys::make;
use crate::http::console::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "accounts/add.html")]
struct AddPage {
    frame: Frame,
    typed: Fields,
    problem: Problem,
}

fn show(visit: &Visit, typed: Fields, problem: Problem) -> Response<Body> {
    let status = problem.page_status();
    visit.show(status, &AddPage { frame: visit.frame("accounts"), typed, problem })
}

/// `GET /console/accounts/add`
pub async fn page(visit: Visit, typed: Fields) -> Response<Body> {
    show(&visit, typed, Problem::default())
}

/// `POST /console/accounts`
pub async fn add(Posted { visit, fields }: Posted) -> Answer {
    let user_name = fields.get("user_name").trim();
    let mut account = settings(&fields);
    account["user_name"] = user_name.into();
    let request = Request::post(API_PATH).json(&account);
    match make(&visit, &fields, request, ("accounts", user_name)).await {
        Err(problem) if problem.is_of_input() => Ok(show(&visit, fields, problem)),
        shown => shown,
    }
}
