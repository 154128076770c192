//! "Undo" of what a message tells, and wherever a change is shown.

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::api::{Request, segment};
use super::cookie::Flash;
use super::history::row::{Row, rows};
use super::page::{Answer, Frame, Problem};
use super::visit::{Posted, own_path};
use crate::change::Change;
use crate::words::counted;

/// What was taken back.
#[derive(Deserialize)]
struct Undone {
    /// The changes that did it.
    items: Vec<IgnoredAny>,
    blocked_count: usize,
}

/// What is in the way: members of the problem `blocked`.
#[derive(Deserialize)]
struct Obstacles {
    /// How many changes cannot be taken back, and the newest ten of them.
    blocked_count: usize,
    blocked: Vec<Left>,
    /// The newest ten of the changes that are in the way.
    blocked_by: Vec<Change>,
}

/// A change that cannot be taken back.
#[derive(Deserialize)]
struct Left {
    change: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "history/blocked.html")]
struct BlockedPage {
    frame: Frame,
    /// The change, and how much was to be taken back: it, or all of its `request` or `import`.
    change: String,
    what: String,
    found: Obstacles,
    /// What is in the way.
    rows: Vec<Row>,
}

impl BlockedPage {
    fn blocked(&self) -> String {
        counted(self.found.blocked_count, "change")
    }
}

/// `POST /console/undo`: takes back the change `change`, or as `what` says all of its `request` or
/// `import`, with `mode` that of the API, and leads to `back`. A page says what is in the way.
pub async fn undo(Posted { visit, fields }: Posted) -> Answer {
    let back = own_path(fields.get("back"));
    let or = |name, usual: &'static str| {
        Some(fields.get(name)).filter(|it| !it.is_empty()).unwrap_or(usual)
    };
    let (what, mode) = (or("what", "change"), or("mode", "all_or_nothing"));
    let revert = Request::post(format!("/v1/changes/{}/revert", segment(fields.get("change"))))
        .json(&json!({"what": what, "mode": mode}));
    match visit.api.read::<Undone>(revert).await {
        Ok(Undone { items, .. }) if items.is_empty() => {
            Ok(visit.told(back, &Flash::of("Nothing was left to undo.".to_owned())))
        }
        Ok(Undone { items, blocked_count: 0 }) => {
            let done = match items.len() {
                1 => "It was undone.".to_owned(),
                count => format!("It was undone. {} made.", counted(count, "change")),
            };
            Ok(visit.done(back, done).await)
        }
        Ok(Undone { blocked_count, .. }) => {
            let left = counted(blocked_count, "change");
            Ok(visit.done(back, format!("A part was undone. Left as they are: {left}.")).await)
        }
        Err(problem) if problem.code == "blocked" => {
            let found = serde_json::from_value::<Obstacles>(Value::Object(problem.more));
            let mut found = found.map_err(|_| Problem::internal())?;
            let mut frame = visit.frame("history");
            back.clone_into(&mut frame.here);
            let rows = rows(&frame, std::mem::take(&mut found.blocked_by));
            let (change, what) = (fields.get("change").to_owned(), what.to_owned());
            let page = BlockedPage { frame, change, what, found, rows };
            Ok(visit.show(StatusCode::CONFLICT, &page))
        }
        Err(problem) if problem.is_of_input() => {
            let told = format!("It was not undone: {}", problem.beside(&[]));
            Ok(visit.told(back, &Flash::of(told)))
        }
        Err(problem) => Err(problem),
    }
}
