//! `--history-days`: what is too old is deleted, and nobody reads over the gap unawares.

use serde_json::{Value, json};
use test_support::until;

use crate::world::World;

/// A day, and one more for whoever runs this at midnight.
const TWO_DAYS_US: i64 = 2 * 24 * 3_600_000_000;

#[test]
fn returns_410_for_pruned_history() {
    World::on_each_store(|world| {
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
        world.restart_keeping_a_day();
        until("the old changes are deleted", || {
            let old = world.call("GET", "/v1/changes?after=0", Value::Null);
            old.status == 410
        });
        let old = world.call("GET", "/v1/changes?after=0", Value::Null);
        assert_eq!((old.code(), &old.json["oldest"]), ("history_pruned", &json!(gone + 1)));
        let read = world.call("GET", &format!("/v1/changes?after={gone}"), Value::Null);
        let ids: Vec<_> =
            read.json["changes"].as_array().unwrap().iter().map(|c| &c["id"]).collect();
        assert_eq!(ids, [&json!(newest - 1), &json!(newest)]);
        let before = world.call("GET", "/v1/phones?at=2020-01-01T00:00:00Z", Value::Null);
        assert_eq!((before.status, before.code()), (410, "history_pruned"));
        // Who reads back is told where it ends, and who would read on over the gap that it is there.
        for filter in ["", "phone=p1&"] {
            let last = world.call("GET", &format!("/v1/changes?{filter}limit=9"), Value::Null);
            assert_eq!((last.json.get("next"), &last.json["oldest"]), (None, &json!(gone + 1)));
            let first = world.call("GET", &format!("/v1/changes?{filter}limit=1"), Value::Null);
            assert_eq!(first.json.get("oldest"), None, "it is not the last page");
            for before in [gone + 1, gone, 1] {
                let path = format!("/v1/changes?{filter}before={before}");
                let none = world.call("GET", &path, Value::Null);
                assert_eq!((none.status, none.code()), (410, "history_pruned"), "{path}");
                assert_eq!(none.json["oldest"], gone + 1);
            }
        }
        // The account of nobody who changed anything keeps its newest change, whatever its age.
        let globex = world.globex.clone();
        let other = world.call_as(("globex", &globex), "GET", "/v1/changes", Value::Null);
        assert_eq!(other.json["changes"][0]["kind"], "account.create");
        assert_eq!(other.json.get("oldest"), None, "nothing of it was deleted");
        world.check();
    });
}

/// What was deleted was older than the request can be.
#[test]
fn reverts_a_request_whose_changes_are_not_pruned() {
    World::on_each_store(|world| {
        let begin = world.call("GET", "/v1/changes?limit=1", Value::Null).json["changes"][0]["id"]
            .as_u64()
            .unwrap();
        world.store_sql(&format!(
            "UPDATE change SET at_us = at_us - {TWO_DAYS_US} WHERE account_id = 1"
        ));
        let rows = (0..3).map(|row| format!("300{row},Agent-{row},Sales\n"));
        let file = "number,name,skills\n".to_owned() + &rows.collect::<String>();
        assert_eq!(world.send("/v1/imports", "text/csv", &[], &file).status, 200);
        world.restart_keeping_a_day();
        until("the old changes are deleted", || {
            world.call("GET", &format!("/v1/changes/{begin}"), Value::Null).status == 410
        });
        let path = format!("/v1/changes/{}/revert", begin + 1);
        let reverted = world.call("POST", &path, json!({"what": "request"}));
        assert_eq!(reverted.status, 200, "{reverted:?}");
        assert_eq!(reverted.json["changes"].as_array().map(Vec::len), Some(3));
        // Of one that was busy when what is oldest was deleted, it is not known.
        let oldest_us = "(SELECT MIN(at_us) FROM change WHERE account_id = 1)";
        let cut_us = TWO_DAYS_US / 2 - 300_000_000;
        world.store_sql(&format!(
        "UPDATE change SET at_us = {oldest_us} - {cut_us} WHERE account_id = 1 AND version <= {}",
        begin + 3
    ));
        let path = format!("/v1/changes/{}/revert?dry_run=true", begin + 1);
        let refused = world.call("POST", &path, json!({"what": "request"}));
        assert_eq!((refused.status, refused.code()), (410, "history_pruned"), "{refused:?}");
    });
}
