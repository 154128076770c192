//! "Undo" of what a message tells, and wherever a change is shown.

use serde_json::json;

use super::api::{Request, segment};
use super::cookie::Flash;
use super::page::Answer;
use super::visit::{Posted, own_path};

/// `POST /console/undo`: takes back the change `change`, or as `what` says all of its `request` or
/// `import`, and leads to `back`. What is in the way is told there.
pub async fn undo(Posted { visit, fields }: Posted) -> Answer {
    let what = if fields.get("what").is_empty() { "change" } else { fields.get("what") };
    let path = format!("/v1/changes/{}/revert", segment(fields.get("change")));
    let undone = visit.api.send(Request::post(path).json(&json!({"what": what}))).await;
    let told = match undone {
        Ok(_) => "It was undone.".to_owned(),
        Err(problem) if problem.is_of_input() => format!("It was not undone: {}", problem.detail),
        Err(problem) => return Err(problem),
    };
    Ok(visit.told(own_path(fields.get("back")), &Flash::of(told)))
}
