//! `/v1/changes`

mod at;
mod feed;
mod history;
mod obstacle;
mod replay;
mod request;
mod revert;
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
    world.read("/v1/changes?limit=1")["changes"][0]["id"].as_u64().unwrap()
}

/// The first place in the ring order of a skill.
fn place(skill: &str, skill_id: u32) -> Value {
    json!({"skill": skill, "skill_id": skill_id, "position": 1})
}

/// Reverts a change, or what the body says of it.
#[track_caller]
pub fn revert(world: &mut World, id: u64, body: Value) -> Answer {
    world.call("POST", &format!("/v1/changes/{id}/revert"), body)
}
