//! "Undo" of what a message tells, and wherever a change is shown.

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::api::{Request, segment};
use super::cookie::Flash;
use super::fields::Fields;
use super::history::change::Change;
use super::history::row::{Row, rows};
use super::page::{Answer, Frame, Problem};
use super::skills::skills;
use super::visit::{Posted, Visit, own_path};

/// What was taken back.
#[derive(Deserialize)]
struct Undone {
    /// The changes that did it.
    items: Vec<Box<RawValue>>,
    blocked_count: usize,
}

/// What is in the way: members of the problem `blocked`.
#[derive(Default, Deserialize)]
#[serde(default)]
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
    /// The change, and how much of it was to be taken back.
    change: String,
    what: String,
    blocked_count: usize,
    blocked: Vec<Left>,
    /// What is in the way.
    rows: Vec<Row>,
    /// How many changes it takes to take back the others; 0 if there are none.
    others: usize,
}

/// `POST /console/undo`: takes back the change `change`, or as `what` says all of its `request` or
/// `import`, with `mode` that of the API, and leads to `back`. A page says what is in the way.
pub async fn undo(Posted { visit, fields }: Posted) -> Answer {
    let back = own_path(fields.get("back"));
    match visit.api.read::<Undone>(request(&fields, fields.get("mode"))).await {
        Ok(undone) if undone.items.is_empty() => {
            Ok(visit.told(back, &Flash::of("Nothing was left to undo.".to_owned())))
        }
        Ok(undone) => Ok(visit.done(back, undone.told()).await),
        Err(problem) if problem.code == "blocked" => show_obstacles(&visit, &fields, problem).await,
        Err(problem) if problem.is_of_input() => {
            let told = format!("It was not undone: {}", problem.beside(&[]));
            Ok(visit.told(back, &Flash::of(told)))
        }
        Err(problem) => Err(problem),
    }
}

fn what(fields: &Fields) -> &str {
    if fields.get("what").is_empty() { "change" } else { fields.get("what") }
}

fn request(fields: &Fields, mode: &str) -> Request {
    let mode = if mode.is_empty() { "all_or_nothing" } else { mode };
    Request::post(format!("/v1/changes/{}/revert", segment(fields.get("change"))))
        .json(&json!({"what": what(fields), "mode": mode}))
}

async fn show_obstacles(visit: &Visit, fields: &Fields, problem: Problem) -> Answer {
    let found: Obstacles =
        serde_json::from_value(Value::Object(problem.more)).map_err(|_| Problem::internal())?;
    // Of more than one change, the others can be taken back.
    let others = if what(fields) == "change" {
        0
    } else {
        let tried = visit.api.send(request(fields, "keep_going").dry_run(true)).await?;
        tried.header("ringbook-dry-run").parse().unwrap_or_default()
    };
    let skills = skills(&visit.api).await?;
    let mut frame = visit.frame("history");
    frame.here = own_path(fields.get("back")).to_owned();
    let page = BlockedPage {
        frame,
        change: fields.get("change").to_owned(),
        what: what(fields).to_owned(),
        blocked_count: found.blocked_count,
        blocked: found.blocked,
        rows: rows(visit, found.blocked_by, &skills).await?,
        others,
    };
    Ok(visit.show(StatusCode::CONFLICT, &page))
}

fn counted(count: usize) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{count} changes") }
}

impl Undone {
    /// In a sentence: a single change as a whole, of others how many they are.
    fn told(&self) -> String {
        let done = match &*self.items {
            [one] => serde_json::from_str::<Change>(one.get()).map(|change| change.told()).ok(),
            _ => None,
        };
        let done = done.unwrap_or_else(|| format!("{} made", counted(self.items.len())));
        match self.blocked_count {
            0 => format!("It was undone. {done}."),
            left => format!("A part was undone. {done}. Left as they are: {}.", counted(left)),
        }
    }
}

impl BlockedPage {
    /// What was to be taken back, in words.
    fn target(&self) -> &str {
        match &*self.what {
            "request" => "This request",
            "import" => "This import",
            _ => "This change",
        }
    }

    fn blocked_text(&self) -> String {
        counted(self.blocked_count)
    }

    fn others_text(&self) -> String {
        counted(self.others)
    }

    fn more(&self) -> usize {
        self.blocked_count.saturating_sub(self.blocked.len())
    }
}
