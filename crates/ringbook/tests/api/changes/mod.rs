//! `/v1/changes`

mod at;
mod feed;
mod item;
mod list;
mod obstacle;
mod request;
mod revert;
mod stream;

use std::time::Duration;

use serde_json::Value;

use crate::world::{Answer, World};

/// A server with waiting readers stops within this time: they do not make it use up the ten seconds
/// that requests get to finish.
const STOPS_WITHIN: Duration = Duration::from_secs(5);

/// The version that the world begins with: the account, two skills, three phones.
pub const BEGIN: u64 = 6;

#[test]
fn returns_no_changes_of_another_account() {
    let world = &mut World::new();
    let globex = world.globex.clone();
    let mut call =
        |method, path: &str| world.call_as(("globex", &globex), method, path, Value::Null);
    // Changes are numbered by account: it has the first one of its own, and no other.
    let own = call("GET", "/v1/changes");
    assert_eq!(ids(&own), [1]);
    assert_eq!(own.json["changes"][0]["kind"], "account.create");
    for (method, path) in [("GET", "/v1/changes/4"), ("POST", "/v1/changes/4/revert")] {
        let other = call(method, path);
        assert_eq!((other.status, other.code()), (404, "no_such_change"), "{method} {path}");
    }
    for phone in ["p1", "1001"] {
        let phone = call("GET", &format!("/v1/changes?phone={phone}"));
        assert_eq!((phone.status, phone.code()), (404, "no_such_phone"));
    }
    let skill = call("GET", "/v1/changes?skill=Sales");
    assert_eq!((skill.status, skill.code()), (404, "no_such_skill"));
    let ahead = call("GET", "/v1/changes?after=4");
    assert_eq!((ahead.status, ahead.code()), (409, "cursor_ahead"));
}

/// The ids of the changes of a page.
pub fn ids(page: &Answer) -> Vec<u64> {
    let changes = page.json["changes"].as_array().unwrap_or_else(|| panic!("{page:?}"));
    changes.iter().map(|change| change["id"].as_u64().unwrap()).collect()
}

/// The id of the newest change.
pub fn newest(world: &mut World) -> u64 {
    ids(&world.call("GET", "/v1/changes?limit=1", Value::Null))[0]
}
