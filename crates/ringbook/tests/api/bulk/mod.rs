//! `/v1/bulk`, `/v1/imports`, `/v1/exports`

mod export;
mod import;
mod imports;
mod json;
mod parts;
mod whole;

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::World;

pub const CSV: &str = "text/csv";
const JSON_LINES: &str = "application/x-ndjson";

/// The results of an answer, as lines of JSON Lines.
fn results(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
    let summary = json!({"summary": answer.json["summary"]});
    answer.list("rows").iter().cloned().chain([summary]).collect()
}

/// The numbers of all phones.
fn numbers(world: &mut World) -> Vec<String> {
    let accept = [("Accept", JSON_LINES)];
    let lines = lines(&world.call_with("GET", "/v1/exports", &accept, Value::Null));
    lines.iter().map(|line| line["number"].as_str().unwrap().to_owned()).collect()
}

/// The lines of an answer.
fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.header("content-type"), Some(JSON_LINES), "{answer:?}");
    answer.reply.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A file that creates phones.
pub fn many(count: usize) -> String {
    let rows = (0..count).map(|row| format!("91{row:08},Agent-{row},Sales\n"));
    std::iter::once("number,name,skills\n".to_owned()).chain(rows).collect()
}

/// Lets the account have many phones.
fn with_room(world: &mut World) {
    world.limit(1_000_000);
}
