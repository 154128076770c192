//! `/console/settings/keys`: a new key, which is shown once, and what is done with one that is there.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Choice, PATH, choices, writing};
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
    /// Whether it is the account's own one, which is always there.
    pub fn is_own(&self) -> bool {
        self.id == "k0"
    }

    /// What its page is for.
    pub fn action(&self) -> &'static str {
        if self.is_own() { "Rotate" } else { "Rotate or delete" }
    }

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

/// The scopes: what the API calls them, and what they are good for.
const SCOPES: [(&str, &str); 4] = [
    ("", "Choose what it may do"),
    ("read", "read: reads phones, skills and the history"),
    ("routing", "routing: asks which phones ring, and pauses phones"),
    ("full", "full: everything, PhoneManageV2 and keys included"),
];

/// The overlap unless another one is chosen, as the API has it.
pub const HOUR_S: &str = "3600";

/// How long the old key goes on, in seconds.
pub const OVERLAPS: [(&str, &str); 5] = [
    ("0", "no time: it ends now"),
    (HOUR_S, "an hour"),
    ("86400", "a day"),
    ("604800", "7 days"),
    ("2592000", "30 days"),
];

#[derive(Template)]
#[template(path = "settings/new_key.html")]
struct NewKeyPage {
    frame: Frame,
    typed: Fields,
    problem: Problem,
    /// Names what is sent, so that a form that comes twice makes one key.
    once: String,
}

impl NewKeyPage {
    fn scopes(&self) -> Vec<Choice> {
        choices(&SCOPES, self.typed.get("scope"))
    }

    fn others(&self) -> String {
        self.problem.beside(&["name", "scope", "expires_in_days"])
    }
}

#[derive(Template)]
#[template(path = "settings/key.html")]
struct KeyPage {
    frame: Frame,
    key: Key,
    problem: Problem,
    once: String,
}

impl KeyPage {
    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn overlaps(&self) -> Vec<Choice> {
        choices(&OVERLAPS, HOUR_S)
    }

    fn others(&self) -> String {
        self.problem.beside(&["overlap_s"])
    }
}

/// A key, in the one answer that shows it.
#[derive(Template)]
#[template(path = "settings/key_once.html")]
pub struct KeyOnce {
    pub frame: Frame,
    /// What it is, such as `The new key "Wallboard"`.
    pub what: String,
    /// None where it was shown already.
    pub key: Option<String>,
    /// What else there is to know; empty if nothing.
    pub note: String,
    /// Where to go on.
    pub back: &'static str,
}

/// A key that was made.
#[derive(Debug, Deserialize)]
pub struct Made {
    pub key: Option<String>,
    /// Its name; none for that of an account which is new.
    #[serde(default)]
    pub name: String,
    /// The key until now, if it goes on.
    pub old: Option<OldKey>,
}

#[derive(Debug, Deserialize)]
pub struct OldKey {
    pub expires_at: Option<String>,
}

impl Made {
    /// What becomes of the key that it replaces.
    pub fn note(&self) -> String {
        match &self.old {
            None => "The old key is not valid any more.".to_owned(),
            Some(old) => {
                let end = old.expires_at.as_deref().map(for_people).unwrap_or_default();
                format!("The old key is valid until {end}. Sessions opened with it end then.")
            }
        }
    }
}

/// A number as JSON has it, or else what was typed, which is refused with words.
pub fn number(text: &str) -> Value {
    text.trim().parse::<u64>().map_or_else(|_| text.into(), Value::from)
}

fn show_form(visit: &Visit, typed: Fields, refused: Option<Problem>) -> Answer {
    writing(visit)?;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (frame, once) = (visit.frame("settings"), visit.api.id().to_string());
    let problem = refused.unwrap_or_default();
    Ok(visit.show(status, &NewKeyPage { frame, typed, problem, once }))
}

/// `GET /console/settings/keys/new`
pub async fn form(visit: Visit, typed: Fields) -> Answer {
    show_form(&visit, typed, None)
}

/// `POST /console/settings/keys`
pub async fn create(Posted { visit, fields }: Posted) -> Answer {
    let mut key = json!({"name": fields.get("name").trim(), "scope": fields.get("scope")});
    if !fields.get("expires_in_days").trim().is_empty() {
        key["expires_in_days"] = number(fields.get("expires_in_days"));
    }
    let request = Request::post("/v1/account/keys").json(&key);
    match visit.api.read::<Made>(request.header(IDEMPOTENCY_KEY, fields.get("once"))).await {
        Ok(made) => {
            let frame = visit.frame("settings");
            let what = format!("The new key \"{}\"", made.name);
            let page = KeyOnce { frame, what, key: made.key, note: String::new(), back: PATH };
            Ok(visit.show(StatusCode::OK, &page))
        }
        Err(problem) if problem.is_of_input() => show_form(&visit, fields, Some(problem)),
        Err(problem) => Err(problem),
    }
}

async fn show(visit: &Visit, id: &str, refused: Option<Problem>) -> Answer {
    let key = visit.api.read::<Key>(Request::get(path(id))).await?;
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (frame, once) = (visit.frame("settings"), visit.api.id().to_string());
    let problem = refused.unwrap_or_default();
    Ok(visit.show(status, &KeyPage { frame, key, problem, once }))
}

fn path(id: &str) -> String {
    format!("/v1/account/keys/{}", segment(id))
}

/// `GET /console/settings/keys/{key}`
pub async fn page(visit: Visit, Path(id): Path<String>) -> Answer {
    show(&visit, &id, None).await
}

/// `POST /console/settings/keys/{key}/rotate`
pub async fn rotate(Path(id): Path<String>, Posted { visit, fields }: Posted) -> Answer {
    let overlap = json!({"overlap_s": number(fields.get("overlap_s"))});
    let request = Request::post(format!("{}/rotate", path(&id))).json(&overlap);
    match visit.api.read::<Made>(request.header(IDEMPOTENCY_KEY, fields.get("once"))).await {
        Ok(made) => {
            let frame = visit.frame("settings");
            let (what, note) = (format!("The new key \"{}\"", made.name), made.note());
            let page = KeyOnce { frame, what, key: made.key, note, back: PATH };
            Ok(visit.show(StatusCode::OK, &page))
        }
        Err(problem) if problem.is_of_input() => show(&visit, &id, Some(problem)).await,
        Err(problem) => Err(problem),
    }
}

/// `POST /console/settings/keys/{key}/delete`
pub async fn delete(Path(id): Path<String>, Posted { visit, .. }: Posted) -> Answer {
    match visit.api.send(Request::delete(path(&id))).await {
        // Keys are not in the history, so this cannot be undone.
        Ok(_) => Ok(visit.told(PATH, &Flash::of("The key was deleted.".to_owned()))),
        Err(problem) if problem.is_of_input() && problem.status != 404 => {
            show(&visit, &id, Some(problem)).await
        }
        Err(problem) => Err(problem),
    }
}
