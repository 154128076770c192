//! Pages: what all of them have, how they are rendered, and what is shown when something is refused.

use askama::Template;
use axum::Extension;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::PATH;
use super::assets::{HTMX, ICON, SCRIPT, STYLE};
use super::cookie::Flash;
use crate::http::RequestLog;

/// What a handler answers.
pub type Answer = Result<Response<Body>, Problem>;

/// What all pages of somebody who is signed in have around them.
pub struct Frame {
    /// The entry of the navigation that the page belongs to, such as `phones`.
    pub current: &'static str,
    /// The account's userName, or the name of the operator's key.
    pub user: String,
    pub is_operator: bool,
    /// Whether the key may change phones.
    pub can_write: bool,
    /// For the hidden field of each form.
    pub csrf: String,
    /// Names what a form sends, if it must not be carried out twice.
    pub once: String,
    pub flash: Option<Flash>,
    /// Where the page is, for forms that lead back to it.
    pub here: String,
    /// Whether others may read what is sent.
    pub is_exposed: bool,
}

/// The entries of the navigation: key, path, text.
pub const ENTRIES: [(&str, &str, &str); 5] = [
    ("phones", "/console/phones", "Phones"),
    ("skills", "/console/skills", "Skills"),
    ("history", "/console/history", "History"),
    ("requests", "/console/requests", "Requests"),
    ("settings", "/console/settings", "Settings"),
];

/// The same of an operator.
pub const OPERATOR_ENTRIES: [(&str, &str, &str); 2] =
    [("accounts", "/console/accounts", "Accounts"), ("settings", "/console/settings", "Settings")];

impl Frame {
    pub fn entries(&self) -> &'static [(&'static str, &'static str, &'static str)] {
        if self.is_operator { &OPERATOR_ENTRIES } else { &ENTRIES }
    }
}

/// The paths of assets, for templates.
pub fn style() -> &'static str {
    &STYLE.path
}
pub fn script() -> &'static str {
    &SCRIPT.path
}
pub fn htmx() -> &'static str {
    &HTMX.path
}
pub fn icon() -> &'static str {
    &ICON.path
}

/// Renders a template.
pub fn render(status: StatusCode, template: &impl Template) -> Response<Body> {
    let outcome = if status.is_success() { "done" } else { "refused" };
    let log = Extension(RequestLog { outcome, account: None });
    match template.render() {
        Ok(html) => {
            let html_type = HeaderValue::from_static("text/html; charset=utf-8");
            (status, [(CONTENT_TYPE, html_type)], log, html).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Leads to another page, which is got.
pub fn see_other(path: &str) -> Response<Body> {
    Redirect::to(path).into_response()
}

/// Why something was not done: a problem of the API (RFC 9457), or the console's own.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Problem {
    pub status: u16,
    /// The stable code, such as `number_taken`; empty for the console's own.
    #[serde(default)]
    pub code: String,
    /// A sentence for people.
    pub detail: String,
    /// All that is wrong, where it is about fields.
    #[serde(default)]
    pub errors: Vec<FieldError>,
    /// All other members.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// One of the things that are wrong.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct FieldError {
    /// The member of the body, such as `/number`.
    #[serde(default)]
    pub pointer: String,
    /// The parameter of the query.
    #[serde(default)]
    pub parameter: String,
    pub code: String,
    pub detail: String,
}

impl FieldError {
    /// The pointer begins with a list, such as `/skills/0`, or ends with a member of something else.
    fn is_of(&self, field: &str) -> bool {
        let mut members = self.pointer.split('/').skip(1);
        let ends = [members.next(), members.last()];
        self.parameter == field || ends.contains(&Some(field))
    }
}

impl Problem {
    /// One of the console itself.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status: status.as_u16(), detail: detail.into(), ..Self::default() }
    }

    /// Something is wrong here, and the log has it.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong. Try again.")
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Of the page that shows it, or that has no problem to show.
    pub fn page_status(&self) -> StatusCode {
        if self.status == 0 { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }

    /// Whether what was typed is at fault, so that the form is shown again: not the session, and not
    /// the server.
    pub fn is_of_input(&self) -> bool {
        matches!(self.status, 400 | 404 | 409 | 412 | 422 | 428)
    }

    /// What is wrong with a field; empty if nothing is.
    pub fn of(&self, field: &str) -> String {
        let found = self.errors.iter().filter(|error| error.is_of(field));
        found.map(|error| error.detail.as_str()).collect::<Vec<_>>().join("; ")
    }

    /// What is wrong beside these fields; empty if that is nothing.
    pub fn beside(&self, fields: &[&str]) -> String {
        if self.errors.is_empty() {
            return self.detail.clone();
        }
        let is_beside = |error: &&FieldError| !fields.iter().any(|field| error.is_of(field));
        let found = self.errors.iter().filter(is_beside);
        found.map(|error| error.detail.as_str()).collect::<Vec<_>>().join("; ")
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'p> {
    title: &'p str,
    problem: &'p Problem,
}

/// A page of its own, or the way to sign in again if the session has ended.
impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let status = self.status();
        if status == StatusCode::UNAUTHORIZED {
            return see_other(PATH);
        }
        let title = match status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::FORBIDDEN => "Not allowed",
            StatusCode::SERVICE_UNAVAILABLE => "Not available now",
            StatusCode::TOO_MANY_REQUESTS => "Too many requests",
            _ => "That did not work",
        };
        let mut response = render(status, &ErrorPage { title, problem: &self });
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
