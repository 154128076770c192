//! `--history-days`: what is too old is deleted, and nobody reads over the gap unawares.

use serde_json::{Value, json};
use test_postgres::until;

use crate::world::World;

/// A day, and one more for whoever runs this at midnight.
const TWO_DAYS_US: i64 = 2 * 24 * 3_600_000_000;

pub fn history_that_is_too_old_is_deleted_and_told_so(world: &mut World) {
    for place in 0..5 {
        let body = json!({"name": format!("Ravi-{place}")});
        assert_eq!(world.call("PATCH", "/v1/phones/p1", body).status, 200);
    }
    let newest = world.call("GET", "/v1/changes?limit=1", Value::Null);
    let newest = newest.json["changes"][0]["id"].as_u64().unwrap();
    let gone = newest - 2;
    world.store_sql(&format!(
        "UPDATE change SET at_us = at_us - {TWO_DAYS_US} WHERE account_id = 1 AND version <= {gone}"
    ));
    world.serve(&["--history-days", "1"]);
    until("the old changes are deleted", || {
        let old = world.call("GET", "/v1/changes?after=0", Value::Null);
        old.status == 410
    });
    let old = world.call("GET", "/v1/changes?after=0", Value::Null);
    assert_eq!((old.code(), &old.json["oldest"]), ("history_pruned", &json!(gone + 1)));
    let read = world.call("GET", &format!("/v1/changes?after={gone}"), Value::Null);
    let ids: Vec<_> = read.json["changes"].as_array().unwrap().iter().map(|c| &c["id"]).collect();
    assert_eq!(ids, [&json!(newest - 1), &json!(newest)]);
    let before = world.call("GET", "/v1/phones?at=2020-01-01T00:00:00Z", Value::Null);
    assert_eq!((before.status, before.code()), (410, "history_pruned"));
    // The account of nobody who changed anything keeps its newest change, whatever its age.
    let globex = world.globex.clone();
    let other = world.call_as(("globex", &globex), "GET", "/v1/changes", Value::Null);
    assert_eq!(other.json["changes"][0]["kind"], "account.create");
    assert!(world.home.ok(&["check"]).contains("2 accounts"));
}
