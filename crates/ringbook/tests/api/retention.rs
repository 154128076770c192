//! `--history-days`: old changes are deleted, and no reader misses them unnoticed.

use serde_json::json;
use test_support::until;

use crate::changes::newest;
use crate::world::World;

#[test]
fn returns_410_for_pruned_history() {
    World::on_each_store(|world| {
        for round in 0..5 {
            world.done("PATCH", "/v1/phones/p1", json!({"name": format!("Ravi-{round}")}));
        }
        let gone = newest(world) - 2;
        let oldest = json!(gone + 1);
        world.age_changes(gone);
        world.restart_keeping_a_day();
        until("the old changes are deleted", || world.get("/v1/changes?after=0").status == 410);
        let old = world.get("/v1/changes?after=0");
        assert_eq!((old.code(), &old.json["oldest"]), ("history_pruned", &oldest));
        let read = world.get(&format!("/v1/changes?after={gone}"));
        assert_eq!(read.column("changes", "id"), [gone + 1, gone + 2]);
        let before = world.get("/v1/phones?at=2020-01-01T00:00:00Z");
        before.assert_problem(410, "history_pruned");
        // The last page says where the history begins, and a page before that is refused.
        for filter in ["", "phone=p1&"] {
            let last = world.read(&format!("/v1/changes?{filter}limit=9"));
            assert_eq!((last.get("next"), &last["oldest"]), (None, &oldest));
            let first = world.read(&format!("/v1/changes?{filter}limit=1"));
            assert_eq!(first.get("oldest"), None, "it is not the last page");
            for before in [gone + 1, gone, 1] {
                let none = world.get(&format!("/v1/changes?{filter}before={before}"));
                none.assert_problem(410, "history_pruned");
                assert_eq!(none.json["oldest"], oldest);
            }
        }
        // An account without later changes keeps its newest one, whatever its age.
        let other = world.get_as_globex("/v1/changes");
        assert_eq!(other.column("changes", "kind"), ["account.create"]);
        assert_eq!(other.json.get("oldest"), None, "nothing of it was deleted");
        world.check();
    });
}

#[test]
fn reverts_a_request_whose_changes_are_not_pruned() {
    World::on_each_store(|world| {
        let begin = newest(world);
        world.age_changes(begin);
        let file = "number,name,skills\n3000,Asha,Sales\n3001,Omar,Sales\n3002,Pia,Sales\n";
        assert_eq!(world.send("/v1/imports", "text/csv", &[], file).status, 200);
        world.restart_keeping_a_day();
        let path = format!("/v1/changes/{begin}");
        until("the old changes are deleted", || world.get(&path).status == 410);
        let path = format!("/v1/changes/{}/revert", begin + 1);
        let whole = json!({"what": "request"});
        let reverted = world.done("POST", &path, whole.clone());
        assert_eq!(reverted.list("changes").len(), 3);
        // The request may have begun before the oldest change that is left: some may be missing.
        world.store_sql(&format!(
            "UPDATE change SET at_us = (SELECT MIN(at_us) FROM change WHERE account_id = 1) - {}
             WHERE account_id = 1 AND version <= {}",
            24 * 3_600_000_000_i64 - 300_000_000,
            begin + 3
        ));
        let refused = world.call("POST", &format!("{path}?dry_run=true"), whole);
        refused.assert_problem(410, "history_pruned");
    });
}
