//! `POST /v1/changes/{id}/revert`

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use super::{BEGIN, ids, newest};
use crate::world::World;
use test_support::{Client, basic};

fn revert(world: &mut World, id: u64, body: Value) -> crate::world::Answer {
    world.call("POST", &format!("/v1/changes/{id}/revert"), body)
}

#[test]
fn reverts_an_edit_a_deletion_and_a_revert() {
    World::on_each_store(|world| {
        let before = world.call("GET", "/v1/phones", Value::Null).json;
        let ring = world.call("GET", "/v1/skills/Sales/ring-order", Value::Null).json;
        world.call("PATCH", "/v1/phones/p1", json!({"number": "2001", "unassign": ["Sales"]}));
        let reverted = revert(world, BEGIN + 1, Value::Null);
        assert_eq!(reverted.status, 200, "{reverted:?}");
        let skills =
            json!([{"skill": "Sales", "position": 1}, {"skill": "Support", "position": 1}]);
        let after = json!({"number": "919876543210", "name": "Ravi", "skills": skills});
        let undone = json!({
            "id": BEGIN + 2, "reverts": BEGIN + 1, "kind": "edit", "phone": "p1", "after": after
        });
        assert_eq!(reverted.json, json!({"changes": [undone]}));
        let told = world.call("GET", &format!("/v1/changes/{}", BEGIN + 2), Value::Null);
        assert_eq!(told.json["request_id"].as_str(), reverted.header("ringbook-request-id"));

        world.call("DELETE", "/v1/phones/p1", Value::Null);
        let reverted = revert(world, BEGIN + 3, json!({"what": "change"}));
        assert_eq!((reverted.status, &reverted.json["changes"][0]["after"]), (200, &after));
        assert_eq!(world.call("GET", "/v1/phones", Value::Null).json, before);
        assert_eq!(world.call("GET", "/v1/skills/Sales/ring-order", Value::Null).json, ring);

        // One that was created is deleted.
        let reverted = revert(world, 6, Value::Null);
        assert_eq!((reverted.status, &reverted.json["changes"][0]["after"]), (200, &Value::Null));
        let gone = world.call("GET", "/v1/phones/p3", Value::Null);
        assert_eq!((gone.status, gone.code()), (404, "no_such_phone"));
        // What was taken back can be taken back.
        let again = newest(world);
        assert_eq!(revert(world, again, Value::Null).status, 200);
        assert_eq!(world.call("GET", "/v1/phones", Value::Null).json, before);
    });
}

#[test]
fn returns_409_and_the_change_that_blocks_a_revert() {
    let world = &mut World::new();
    world.call("PATCH", "/v1/phones/p1", json!({"name": "Asha"}));
    let newer = world.call("PATCH", "/v1/phones/p1", json!({"name": "Anil"}));
    for once in [&[][..], &[("Idempotency-Key", "blocked")]] {
        let path = format!("/v1/changes/{}/revert", BEGIN + 1);
        let blocked = world.call_with("POST", &path, once, Value::Null);
        assert_eq!((blocked.status, blocked.code()), (409, "blocked"), "{blocked:?}");
        assert_eq!(blocked.json["change"], BEGIN + 1);
        let by = &blocked.json["blocked_by"];
        assert_eq!(by.as_array().unwrap().len(), 1, "{by}");
        assert_eq!((&by[0]["id"], &by[0]["source"]), (&json!(BEGIN + 2), &json!("api")));
        assert_eq!(by[0]["request_id"].as_str(), newer.header("ringbook-request-id"));
        assert!(blocked.json["detail"].as_str().unwrap().contains("Anil"), "{blocked:?}");
    }
    let tried = format!("/v1/changes/{}/revert?dry_run=true", BEGIN + 1);
    let tried = world.call("POST", &tried, Value::Null);
    assert_eq!((tried.status, tried.code()), (409, "blocked"));
    // Newest first they can be taken back.
    assert_eq!(revert(world, BEGIN + 2, Value::Null).status, 200);
    assert_eq!(revert(world, BEGIN + 1, Value::Null).status, 200);
    let ravi = world.call("GET", "/v1/phones/p1", Value::Null);
    assert_eq!(ravi.json["name"], "Ravi");

    let kept = revert(world, 1, Value::Null);
    assert_eq!((kept.status, kept.code()), (409, "not_revertible"));
}

#[test]
fn rejects_invalid_revert_requests() {
    let world = &mut World::new();
    for (body, code) in
        [(json!([]), "invalid_json"), (json!({"what": 1, "x": 1}), "invalid_fields")]
    {
        assert_eq!(revert(world, 4, body.clone()).code(), code, "{body}");
    }
    for id in ["0", "7", "x"] {
        let none = world.call("POST", &format!("/v1/changes/{id}/revert"), json!({}));
        assert_eq!((none.status, none.code()), (404, "no_such_change"), "{id}");
    }
    let query = world.call("POST", "/v1/changes/4/revert?x=1", Value::Null);
    assert_eq!((query.status, query.code()), (400, "invalid_query"));
}

#[test]
fn replays_a_revert_after_a_restart() {
    World::on_each_store(|world| {
        let once = [("Idempotency-Key", "undo")];
        world.call("PATCH", "/v1/phones/p1", json!({"name": "Asha"}));
        let path = format!("/v1/changes/{}/revert", BEGIN + 1);
        let first = world.call_with("POST", &path, &once, Value::Null);
        assert_eq!((first.status, first.header("idempotent-replayed")), (200, None), "{first:?}");
        // By now it could not be taken back.
        world.call("PATCH", "/v1/phones/p1", json!({"name": "Anil"}));
        // Also by a server that was not there then.
        world.restart();
        let again = world.call_with("POST", &path, &once, Value::Null);
        assert_eq!((again.status, again.header("idempotent-replayed")), (200, Some("true")));
        assert_eq!(again.json, first.json);
        assert_eq!(newest(world), BEGIN + 3);
        let other = world.call_with("POST", &path, &once, json!({"what": "request"}));
        assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"));
    });
}

/// Of several at once one takes the change back, and the others are told that it is.
#[test]
fn executes_one_of_many_concurrent_reverts() {
    World::on_each_store(|world| {
        const CALLERS: usize = 8;
        for round in 0..5 {
            world.call("PATCH", "/v1/phones/p1", json!({"name": format!("Asha-{round}")}));
            let path = format!("/v1/changes/{}/revert", newest(world));
            let credentials = basic("acme", &world.acme);
            let barrier = Barrier::new(CALLERS);
            let address = world.server().address;
            let statuses: Vec<u16> = thread::scope(|scope| {
                let call = || {
                    let mut client = Client::connect(address).unwrap();
                    barrier.wait();
                    let headers = [("Authorization", credentials.as_str())];
                    client.request("POST", &path, &headers, "").unwrap().status
                };
                let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(call)).collect();
                callers.into_iter().map(|caller| caller.join().unwrap()).collect()
            });
            let count = |status| statuses.iter().filter(|one| **one == status).count();
            assert_eq!((count(200), count(409)), (1, CALLERS - 1), "{statuses:?}");
        }
    });
}

/// A revert and an edit of the same phone at once: whichever comes first, no edit is lost.
#[test]
fn keeps_an_edit_that_races_a_revert() {
    World::on_each_store(|world| {
        for round in 0..10 {
            world.call("PATCH", "/v1/phones/p1", json!({"name": format!("Asha-{round}")}));
            let undone = newest(world);
            let (credentials, barrier) = (basic("acme", &world.acme), Barrier::new(2));
            let name = format!("Anil-{round}");
            let (reverted, edited) = thread::scope(|scope| {
                let call = |method: &'static str, path: String, body: String| {
                    let (mut client, credentials, barrier) =
                        (world.client(), &credentials, &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        let headers = [("Authorization", credentials.as_str())];
                        client.request(method, &path, &headers, &body).unwrap().status
                    })
                };
                let revert = call("POST", format!("/v1/changes/{undone}/revert"), String::new());
                let edit = call("PATCH", "/v1/phones/p1".into(), json!({"name": name}).to_string());
                (revert.join().unwrap(), edit.join().unwrap())
            });
            assert_eq!(edited, 200);
            assert!([200, 409].contains(&reverted), "{reverted}");
            let found = world.call("GET", "/v1/phones/p1", Value::Null);
            assert_eq!(found.json["name"], *name, "the edit holds, the revert was {reverted}");
            let told = world.call("GET", &format!("/v1/changes?after={undone}"), Value::Null);
            assert_eq!(ids(&told).len(), if reverted == 200 { 2 } else { 1 });
        }
    });
}
