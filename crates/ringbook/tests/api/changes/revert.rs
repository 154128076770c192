//! `POST /v1/changes/{change}/revert`

use serde_json::{Value, json};

use super::{BEGIN, first_of, newest, revert};
use crate::world::World;

#[test]
fn reverts_an_edit_a_deletion_and_a_revert() {
    World::on_each_store(|world| {
        let state = |world: &mut World| {
            ["/v1/phones", "/v1/skills/Sales/ring-order"].map(|path| world.read(path))
        };
        let before = state(world);
        world.done("PATCH", "/v1/phones/p1", json!({"number": "2001", "unassign": ["Sales"]}));
        let reverted = revert(world, BEGIN + 1, Value::Null);
        assert_eq!(reverted.status, 200, "{reverted:?}");
        let change = world.read(&format!("/v1/changes/c{}", BEGIN + 2));
        assert_eq!(reverted.json, json!({"items": [change], "blocked_count": 0, "blocked": []}));
        assert_eq!(change["request"].as_str(), reverted.header("ringbook-request-id"));
        let after = json!({"number": "919876543210", "skills": [first_of("Sales", "s1")]});
        assert_eq!((&change["kind"], &change["after"]), (&json!("phone.edit"), &after));

        world.delete("/v1/phones/p1");
        let reverted = revert(world, BEGIN + 3, json!({"what": "change"}));
        let skills = [first_of("Sales", "s1"), first_of("Support", "s2")];
        let after = json!({"number": "919876543210", "name": "Ravi", "skills": skills});
        assert_eq!((reverted.status, &reverted.json["items"][0]["after"]), (200, &after));
        assert_eq!(state(world), before);

        // The revert of a creation deletes the phone, and can be reverted itself.
        let reverted = revert(world, 6, Value::Null);
        assert_eq!((reverted.status, &reverted.json["items"][0]["after"]), (200, &Value::Null));
        world.get("/v1/phones/p3").assert_problem(404, "no_such_phone");
        let again = newest(world);
        assert_eq!(revert(world, again, Value::Null).status, 200);
        assert_eq!(state(world), before);
    });
}

#[test]
fn returns_409_and_the_change_that_blocks_a_revert() {
    let world = &mut World::new();
    world.done("PATCH", "/v1/phones/p1", json!({"name": "Asha"}));
    let newer = world.done("PATCH", "/v1/phones/p1", json!({"name": "Anil"}));
    let path = format!("/v1/changes/c{}/revert", BEGIN + 1);
    for headers in [&[][..], &[("Idempotency-Key", "blocked")]] {
        let blocked = world.call_with("POST", &path, headers, Value::Null);
        blocked.assert_problem(409, "blocked");
        assert_eq!(blocked.json["change"], "c7");
        let [by] = blocked.list("blocked_by") else { panic!("{blocked:?}") };
        assert_eq!((&by["id"], &by["source"]), (&json!("c8"), &json!("api")));
        assert_eq!(by["request"].as_str(), newer.header("ringbook-request-id"));
        assert!(blocked.json["detail"].as_str().unwrap().contains("Anil"), "{blocked:?}");
    }
    let tried = world.call("POST", &format!("{path}?dry_run=true"), Value::Null);
    tried.assert_problem(409, "blocked");
    // The newest first, both can be reverted.
    assert_eq!(revert(world, BEGIN + 2, Value::Null).status, 200);
    assert_eq!(revert(world, BEGIN + 1, Value::Null).status, 200);
    assert_eq!(world.read("/v1/phones/p1")["name"], "Ravi");
}

#[test]
fn executes_one_of_many_concurrent_reverts() {
    World::on_each_store(|world| {
        for round in 0..5 {
            world.done("PATCH", "/v1/phones/p1", json!({"name": format!("Asha-{round}")}));
            let path = format!("/v1/changes/c{}/revert", newest(world));
            let reverts = vec![("POST", path, Value::Null); 8];
            let mut statuses = world.at_once("", &reverts);
            statuses.sort_unstable();
            assert_eq!(statuses, [&[200][..], &[409; 7]].concat());
        }
    });
}

/// A revert and an edit of the same phone at once: whichever comes first, no edit is lost.
#[test]
fn keeps_an_edit_that_races_a_revert() {
    World::on_each_store(|world| {
        for round in 0..10 {
            world.done("PATCH", "/v1/phones/p1", json!({"name": format!("Asha-{round}")}));
            let undone = newest(world);
            let name = format!("Anil-{round}");
            let requests = [
                ("POST", format!("/v1/changes/c{undone}/revert"), Value::Null),
                ("PATCH", "/v1/phones/p1".to_owned(), json!({"name": name})),
            ];
            let statuses = world.at_once("", &requests);
            assert!(matches!(statuses[..], [200 | 409, 200]), "{statuses:?}");
            let found = world.read("/v1/phones/p1");
            assert_eq!(found["name"], *name, "the edit holds: {statuses:?}");
            let changes = world.get(&format!("/v1/feed?cursor=c{undone}"));
            let expected = if statuses[0] == 200 { 2 } else { 1 };
            assert_eq!(changes.list("items").len(), expected);
        }
    });
}
