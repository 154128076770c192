//! `POST /v1/changes/{change}/revert` of all changes of a request.

use serde_json::json;

use super::{BEGIN, ids, newest, revert};
use crate::world::World;

#[test]
fn reverts_an_import_as_a_whole() {
    World::on_each_store(|world| {
        let mut expected = world.read("/v1/phones");
        let rows = (0..20).map(|row| format!("30{row:02},Agent-{row},Sales\n"));
        let file = "number,name,skills\n".to_owned() + &rows.collect::<String>();
        assert_eq!(world.send("/v1/imports", "text/csv", &[], &file).status, 201);
        // Another request in between stays.
        world.done("PATCH", "/v1/phones/p2", json!({"name": "Mira.K"}));
        let some = BEGIN + 7;
        let path = format!("/v1/changes/c{some}/revert?dry_run=true");
        let tried = world.call("POST", &path, json!({"what": "request"}));
        assert_eq!(
            (tried.status, tried.header("ringbook-dry-run")),
            (200, Some("20")),
            "{tried:?}"
        );
        assert_eq!(tried.json["items"][0]["id"], "c0");
        assert_eq!(newest(world), BEGIN + 21, "nothing was done");
        let reverted = revert(world, some, json!({"what": "request"}));
        let first = BEGIN + 22;
        assert_eq!(reverted.texts("items", "id"), ids(first..first + 20));
        let phones: Vec<_> = (4..24).rev().map(|id| format!("p{id}")).collect();
        assert_eq!(reverted.texts("items", "phone"), phones);
        expected["items"][1]["name"] = "Mira.K".into();
        assert_eq!(world.read("/v1/phones"), expected);
    });
}

/// Of 20 phones, 17 were edited since.
#[test]
fn names_all_that_block_a_revert_and_reverts_the_rest_with_keep_going() {
    World::on_each_store(|world| {
        let rows = (0..20).map(|row| format!("30{row:02},Agent-{row},Sales\n"));
        let file = "number,name,skills\n".to_owned() + &rows.collect::<String>();
        assert_eq!(world.send("/v1/imports", "text/csv", &[], &file).status, 201);
        for row in 3..20 {
            let body = json!({"name": format!("Desk-{row}")});
            world.done("PATCH", &format!("/v1/phones/30{row:02}"), body);
        }
        let last = newest(world);
        let path = format!("/v1/changes/c{}/revert", BEGIN + 1);
        for query in ["", "?dry_run=true"] {
            let body = json!({"what": "import"});
            let blocked = world.call("POST", &format!("{path}{query}"), body);
            blocked.assert_problem(409, "blocked");
            assert_eq!(blocked.json["blocked_count"], 17);
            let expected = ids((BEGIN + 11..=BEGIN + 20).rev());
            assert_eq!(blocked.texts("blocked", "change"), expected);
            let detail = "the phone's name is \"Desk-19\" by now";
            assert_eq!(blocked.json["blocked"][0]["detail"], detail);
            assert_eq!(blocked.texts("blocked_by", "id"), ids((last - 9..=last).rev()));
            let text = blocked.json["detail"].as_str().unwrap();
            assert!(text.starts_with("17 changes cannot be taken back: c26: the"), "{text}");
            assert!(text.ends_with("; and 7 more"), "{text}");
        }
        let body = json!({"what": "import", "mode": "keep_going"});
        let tried = world.call("POST", &format!("{path}?dry_run=true"), body.clone());
        assert_eq!((tried.status, tried.header("ringbook-dry-run")), (200, Some("3")), "{tried:?}");
        assert_eq!(newest(world), last, "nothing was done");
        let done = world.call("POST", &path, body);
        assert_eq!((done.status, &done.json["blocked_count"]), (200, &json!(17)), "{done:?}");
        assert_eq!(done.json["blocked"], tried.json["blocked"]);
        assert_eq!(done.list("blocked").len(), 10);
        assert_eq!(done.column("items", "phone"), ["p6", "p5", "p4"]);
        assert_eq!(done.texts("items", "id"), ids(last + 1..=last + 3));
        let left = world.get("/v1/phones?contains=Desk-&limit=100").list("items").len();
        assert_eq!(left, 18, "with the one of the beginning");
        assert_eq!(world.get("/v1/phones?contains=Agent-").list("items").len(), 0);
        world.check();
    });
}

/// An import with `keep_going` commits its rows in parts, and others commit in between.
#[test]
fn reverts_an_import_in_parts_as_a_whole() {
    World::on_each_store(|world| {
        for part in 0..4 {
            let body = json!({"number": format!("300{part}"), "name": format!("Agent-{part}")});
            world.done("POST", "/v1/phones", body);
            world.done("PATCH", "/v1/phones/p1", json!({"name": format!("Ravi-{part}")}));
        }
        let (first, last) = (BEGIN + 1, newest(world));
        let parts = [first, first + 2, first + 4];
        let versions = parts.map(|part| part.to_string()).join(", ");
        world.store_sql(&format!(
            "UPDATE change SET at_us = at_us - ({last} - version) * 400000000
             WHERE account_id = 1 AND version >= {first};
             UPDATE change SET import_id = {first}, request_id =
             (SELECT request_id FROM change WHERE account_id = 1 AND version = {first})
             WHERE account_id = 1 AND version IN ({versions})"
        ));
        for id in parts {
            let path = format!("/v1/changes/c{id}/revert?dry_run=true");
            let tried = world.call("POST", &path, json!({"what": "request"}));
            assert_eq!(
                (tried.status, tried.header("ringbook-dry-run")),
                (200, Some("3")),
                "{tried:?}"
            );
        }
        assert_eq!(revert(world, first, json!({"what": "request"})).status, 200);
        assert_eq!(world.get("/v1/phones?contains=Agent").list("items").len(), 1);
    });
}

/// The ring positions in a skill that the same revert restores show its name, in a dry run and in
/// an idempotent request alike.
#[test]
fn names_a_skill_that_the_revert_restores() {
    World::on_each_store(|world| {
        world.delete("/v1/skills/Sales?unassign=true");
        let path = format!("/v1/changes/c{}/revert", newest(world));
        let body = json!({"what": "request"});
        let tried = world.call("POST", &format!("{path}?dry_run=true"), body.clone());
        let key = [("Idempotency-Key", "back")];
        let done = world.call_with("POST", &path, &key, body);
        for answer in [&tried, &done] {
            assert_eq!(answer.status, 200, "{answer:?}");
            let undone = answer.list("items");
            assert_eq!((undone.len(), &undone[0]["after"]["name"]), (3, &json!("Sales")));
            for phone in &undone[1..] {
                let skills = phone["after"]["skills"].as_array().unwrap();
                let [skill] = &skills[..] else { panic!("{phone}") };
                assert_eq!(skill["name"], "Sales", "{phone}");
            }
        }
    });
}
