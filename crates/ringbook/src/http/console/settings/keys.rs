//! `/console/settings/keys`: a new key, which is shown once, and what is done with one that is there.

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::PATH;
use crate::http::console::api::{Api, IDEMPOTENCY_KEY, Request, segment};
use crate::http::console::cookie::Flash;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::phones::Items;
use crate::http::console::visit::{Posted, Visit};
use crate::time::for_people;

/// An API key, as the API shows it.
#[derive(Debug, Deserialize)]
pub struct Key {
    pub id: String,
    pub name: String,
    pub scope: String,
    pub created_at: Option<String>,
    pub expires_at: Option<String>,
    pub last_used_at: Option<String>,
    pub is_expired: bool,
}

impl Key {
    pub fn created(&self) -> String {
        self.created_at.as_deref().map_or_else(|| "with the account".to_owned(), for_people)
    }

    pub fn expires(&self) -> String {
        self.expires_at.as_deref().map_or_else(|| "never".to_owned(), for_people)
    }

    pub fn used(&self) -> String {
        self.last_used_at.as_deref().map_or_else(|| "not yet".to_owned(), for_people)
    }
}

/// The keys of the account: there are at most 101.
pub async fn keys(api: &Api) -> Result<Vec<Key>, Problem> {
    let page: Items<Key> = api.read(Request::get("/v1/account/keys").query("limit", 1000)).await?;
    Ok(page.items)
}

#[derive(Template)]
#[template(path = "settings/new_key.html")]
struct NewKeyPage {
    frame: Frame,
    typed: Fields,
    problem: Problem,
}

#[derive(Template)]
#[template(path = "settings/key.html")]
struct KeyPage {
    frame: Frame,
    key: Key,
}

/// A key, in the one answer that shows it.
#[derive(Template)]
#[template(path = "settings/key_once.html")]
struct KeyOnce<'k> {
    frame: Frame,
    name: &'k str,
    /// None where it was shown already.
    key: Option<&'k str>,
    /// Until when the key that it replaces is valid.
    old_until: Option<String>,
}

/// Carries out a request that makes a key, and shows the key. The form may come twice: one key is
/// made, and shown once.
pub async fn make(
    visit: &Visit,
    fields: &Fields,
    request: Request,
    (area, name): (&'static str, &str),
) -> Answer {
    let request = request.header(IDEMPOTENCY_KEY, fields.get("once"));
    let made: Value = visit.api.read(request).await?;
    let member = |pointer| made.pointer(pointer).and_then(Value::as_str);
    let old_until = member("/old/expires_at").map(for_people);
    let page = KeyOnce { frame: visit.frame(area), name, key: member("/key"), old_until };
    Ok(visit.show(StatusCode::OK, &page))
}

fn show_form(visit: &Visit, typed: Fields, problem: Problem) -> Response<Body> {
    let status = problem.page_status();
    visit.show(status, &NewKeyPage { frame: visit.frame("settings"), typed, problem })
}

/// `GET /console/settings/keys/new`
pub async fn form(visit: Visit, typed: Fields) -> Response<Body> {
    show_form(&visit, typed, Problem::default())
}

/// `POST /console/settings/keys`
pub async fn create(Posted { visit, fields }: Posted) -> Answer {
    let name = fields.get("name").trim();
    let mut key = json!({"name": name, "scope": fields.get("scope")});
    if !fields.get("expires_in_days").is_empty() {
        key["expires_in_days"] = fields.number("expires_in_days");
    }
    let request = Request::post("/v1/account/keys").json(&key);
    match make(&visit, &fields, request, ("settings", name)).await {
        Err(problem) if problem.is_of_input() => Ok(show_form(&visit, fields, problem)),
        shown => shown,
    }
}

fn path(id: &str) -> String {
    format!("/v1/account/keys/{}", segment(id))
}

/// `GET /console/settings/keys/{key}`
pub async fn page(visit: Visit, Path(id): Path<String>) -> Answer {
    let key = visit.api.read(Request::get(path(&id))).await?;
    Ok(visit.show(StatusCode::OK, &KeyPage { frame: visit.frame("settings"), key }))
}

/// `POST /console/settings/keys/{key}/rotate`
pub async fn rotate(Path(id): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let overlap = json!({"overlap_s": fields.number("overlap_s")});
    let request = Request::post(format!("{}/rotate", path(&id))).json(&overlap);
    make(&visit, &fields, request, ("settings", fields.get("name"))).await
}

/// `POST /console/settings/keys/{key}/delete`
pub async fn delete(Path(id): Path<String>, Posted { visit, .. }: Posted) -> Answer {
    visit.api.send(Request::delete(path(&id))).await?;
    // Keys are not in the history, so this cannot be undone.
    Ok(visit.told(PATH, &Flash::of("The key was deleted.".to_owned())))
}
