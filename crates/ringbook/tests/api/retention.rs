//! `--history-days`: old changes are deleted, and no reader misses them unnoticed.

use serde_json::{Value, json};
use test_support::until;

use crate::changes::{ids, newest};
use crate::world::World;

#[test]
fn returns_410_for_pruned_history() {
    World::on_each_store(|world| {
        for round in 0..5 {
            world.done("PATCH", "/v1/phones/p1", json!({"name": format!("Ravi-{round}")}));
        }
        let gone = newest(world) - 2;
        let oldest = json!(format!("c{}", gone + 1));
        let page = world.read("/v1/changes?limit=2");
        let of_phone = world.read("/v1/changes?phone=p1&limit=2");
        world.age_changes(gone);
        world.restart_keeping_a_day();
        until("the old changes are deleted", || world.get("/v1/feed?cursor=c0").status == 410);
        let old = world.get("/v1/feed?cursor=c0");
        assert_eq!((old.code(), &old.json["oldest"]), ("history_pruned", &oldest));
        for path in ["/v1/feed".to_owned(), format!("/v1/feed?cursor=c{gone}")] {
            assert_eq!(world.get(&path).texts("items", "id"), ids([gone + 1, gone + 2]), "{path}");
        }
        let before = world.get("/v1/phones?at=2020-01-01T00:00:00Z");
        before.assert_problem(410, "history_pruned");
        // The history ends where it is no longer kept, and a page before that is refused.
        for (filter, page) in [("", page), ("phone=p1&", of_phone)] {
            let last = world.get(&format!("/v1/changes?{filter}limit=2"));
            assert_eq!(last.texts("items", "id"), ids([gone + 2, gone + 1]));
            assert_eq!(last.json["next"], Value::Null);
            let cursor = page["next"].as_str().unwrap();
            let none = world.get(&format!("/v1/changes?{filter}cursor={cursor}"));
            assert_eq!((none.code(), &none.json["oldest"]), ("history_pruned", &oldest));
        }
        // An account without later changes keeps its newest one, whatever its age.
        let other = world.get_as_globex("/v1/changes");
        assert_eq!(other.column("items", "kind"), ["account.create"]);
        world.check();
    });
}

#[test]
fn reverts_a_request_whose_changes_are_not_pruned() {
    World::on_each_store(|world| {
        let begin = newest(world);
        world.age_changes(begin);
        let file = "number,name,skills\n3000,Asha,Sales\n3001,Omar,Sales\n3002,Pia,Sales\n";
        assert_eq!(world.send("/v1/imports", "text/csv", &[], file).status, 201);
        world.restart_keeping_a_day();
        let path = format!("/v1/changes/c{begin}");
        until("the old changes are deleted", || world.get(&path).status == 410);
        let path = format!("/v1/changes/c{}/revert", begin + 1);
        let whole = json!({"what": "request"});
        let reverted = world.done("POST", &path, whole.clone());
        assert_eq!(reverted.list("items").len(), 3);
    });
}

#[test]
fn rejects_revert_of_an_import_whose_first_change_is_pruned() {
    World::on_each_store(|world| {
        let first = newest(world) + 1;
        let file = "number,name\n3000,Asha\n3001,Omar\n3002,Pia\n";
        assert_eq!(world.send("/v1/imports", "text/csv", &[], file).status, 201);
        world.age_changes(first);
        world.restart_keeping_a_day();
        let path = format!("/v1/changes/c{first}");
        until("the first change is deleted", || world.get(&path).status == 410);
        // Whatever the times of the others are, which a wrong clock may have set.
        for what in ["request", "import"] {
            let path = format!("/v1/changes/c{}/revert", first + 1);
            world.call("POST", &path, json!({"what": what})).assert_problem(410, "history_pruned");
        }
    });
}

#[test]
fn rejects_revert_of_a_request_that_may_be_pruned_though_the_clock_was_set() {
    World::on_each_store(|world| {
        let begin = newest(world);
        world.done("PATCH", "/v1/phones/p1", json!({"name": "Asha"}));
        world.age_changes(begin);
        world.restart_keeping_a_day();
        let path = format!("/v1/changes/c{begin}");
        until("the old changes are deleted", || world.get(&path).status == 410);
        // A day old, but for the minutes that a request may take.
        let path = format!("/v1/changes/c{}/revert?dry_run=true", begin + 1);
        let hour_us = 3_600_000_000;
        let now_us = world.now().as_microsecond();
        for (at_us, forward_us, status) in [
            (now_us - 22 * hour_us, 0, 200),
            (now_us - 24 * hour_us + 300_000_000, 0, 410),
            (now_us - 24 * hour_us + 300_000_000, -72 * hour_us, 410),
            (now_us + hour_us, 0, 410),
        ] {
            world.store_sql(&format!(
                "UPDATE change SET at_us = {at_us} WHERE account_id = 1 AND version = {}",
                begin + 1
            ));
            world.set_clock_forward_us(forward_us);
            let reverted = world.call("POST", &path, json!({"what": "request"}));
            assert_eq!(reverted.status, status, "{at_us} {forward_us}");
            world.set_clock_forward_us(-forward_us);
        }
    });
}
