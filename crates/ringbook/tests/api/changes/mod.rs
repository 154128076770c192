//! `/v1/changes` and `/v1/feed`

mod at;
mod erase;
mod feed;
mod history;
mod obstacle;
mod replay;
mod request;
mod revert;
mod routing;
mod stream;

use std::time::Duration;

use serde_json::{Value, json};
use test_support::DRAIN;

use crate::answer::Answer;
use crate::world::World;

/// A server with waiting readers stops within this time: they do not make it use up what requests get
/// to finish.
const STOPS_WITHIN: Duration = DRAIN;

/// The version that the world begins with: the account, two skills, three phones.
const BEGIN: u64 = 6;

/// The id of the newest change.
#[track_caller]
pub fn newest(world: &mut World) -> u64 {
    let newest = world.read("/v1/changes?limit=1");
    newest["items"][0]["id"].as_str().unwrap().strip_prefix('c').unwrap().parse().unwrap()
}

/// The ids of changes.
pub fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("c{number}")).collect()
}

/// The first position in the ring order of a skill.
fn first_of(name: &str, id: &str) -> Value {
    json!({"id": id, "name": name, "position": 1})
}

/// Reverts a change, or what the body says of it.
#[track_caller]
pub fn revert(world: &mut World, id: u64, body: Value) -> Answer {
    world.call("POST", &format!("/v1/changes/c{id}/revert"), body)
}
