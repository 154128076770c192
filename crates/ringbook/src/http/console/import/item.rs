//! `/console/imports/{id}`: how an import stands, and undoing it.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::plan::sentence;
use super::{ALL_OR_NOTHING, IMPORTS_PATH, KEEP_GOING};
use crate::http::console::Console;
use crate::http::console::api::{Request, segment};
use crate::http::console::cookie::Flash;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame, Problem};
use crate::http::console::visit::{Posted, Visit};

/// An import, as the API shows it.
#[derive(Deserialize)]
pub struct Import {
    pub id: String,
    pub state: String,
    began_at: String,
    pub source: String,
    pub rows: u64,
    pub done: u64,
    pub unchanged: u64,
    pub refused: u64,
    stopped: Option<Stopped>,
}

#[derive(Deserialize)]
struct Stopped {
    detail: String,
    line: Option<u64>,
}

impl Import {
    /// When it began, such as `2026-01-02 03:04 UTC`.
    pub fn began(&self) -> String {
        let minute = self.began_at.get(..16).unwrap_or(&self.began_at);
        format!("{} UTC", minute.replace('T', " "))
    }

    fn is_running(&self) -> bool {
        self.state == "running"
    }

    /// Why it stopped; empty if it did not.
    fn why_stopped(&self) -> String {
        let Some(stopped) = &self.stopped else { return String::new() };
        let line = stopped.line.map(|line| format!("Line {line}: ")).unwrap_or_default();
        format!("{line}{}", sentence(&stopped.detail))
    }
}

#[derive(Template)]
#[template(path = "import/item.html")]
struct ItemPage {
    frame: Frame,
    import: Import,
    /// How many rows the file has; 0 if that is not known.
    of: u64,
    /// Whether its refused rows can be had.
    has_refused: bool,
    problem: Option<Problem>,
}

impl ItemPage {
    fn is_undoable(&self) -> bool {
        self.frame.can_write && self.import.state != "undone"
    }

    /// The changes that are in the way of undoing it.
    fn in_the_way(&self) -> Vec<String> {
        let blocking = self.problem.as_ref().and_then(|problem| problem.more.get("blocked_by"));
        let blocking = blocking.and_then(Value::as_array).into_iter().flatten();
        let text = |change: &Value, name: &str| {
            change.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        blocking
            .map(|change| {
                let [id, kind, phone, source] =
                    ["id", "kind", "phone", "source"].map(|name| text(change, name));
                format!("{id}: {kind} {phone} by {source}")
            })
            .collect()
    }
}

async fn show(
    visit: &Visit,
    console: &Console,
    id: &str,
    of: u64,
    problem: Option<Problem>,
) -> Answer {
    let path = format!("/v1/imports/{}", segment(id));
    let import: Import = visit.api.read(Request::get(path)).await?;
    let account = visit.signed_in.session.account;
    let has_refused =
        account.is_some_and(|account| console.imports.refused.find(account, id).is_some());
    let status = problem.as_ref().map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    let page = ItemPage { frame: visit.frame("phones"), import, of, has_refused, problem };
    Ok(visit.show(status, &page))
}

pub async fn page(
    visit: Visit,
    Extension(console): Extension<Console>,
    Path(id): Path<String>,
    query: Fields,
) -> Answer {
    show(&visit, &console, &id, query.get("of").parse().unwrap_or(0), None).await
}

/// `POST /console/imports/{id}/undo`: takes all of it back or, if `mode` says so, what can be.
pub async fn undo(
    Path(id): Path<String>,
    Extension(console): Extension<Console>,
    Posted { visit, fields }: Posted,
) -> Answer {
    let keeps_going = fields.get("mode") == KEEP_GOING;
    let mode = if keeps_going { KEEP_GOING } else { ALL_OR_NOTHING };
    let path = format!("/v1/imports/{}/undo", segment(&id));
    let undo = Request::post(path).json(&json!({"mode": mode}));
    match visit.api.read::<Undone>(undo).await {
        Ok(undone) => {
            let text = match undone.blocked_count {
                0 => "The import was undone.".to_owned(),
                left => format!("The import was undone, but for {left} changes."),
            };
            let path = format!("{IMPORTS_PATH}/{}", segment(&id));
            Ok(visit.told(&path, &Flash::of(text)))
        }
        Err(problem) if problem.status != 404 && problem.is_of_input() => {
            show(&visit, &console, &id, 0, Some(problem)).await
        }
        Err(problem) => Err(problem),
    }
}

#[derive(Deserialize)]
struct Undone {
    blocked_count: usize,
}
