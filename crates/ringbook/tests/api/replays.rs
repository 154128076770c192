//! `Idempotency-Key`: the same request again gets the answer of the first one.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::bulk::CSV;
use crate::world::{ACME, World};

/// Sends a request with an idempotency key, and an `If-Match` header unless that is empty.
#[track_caller]
fn send(
    world: &mut World,
    key: char,
    (method, path, if_match): (&str, &str, &str),
    body: &Value,
) -> Answer {
    println!("{method} {path}");
    let key = key.to_string();
    let headers = [("Idempotency-Key", key.as_str()), ("If-Match", if_match)];
    let headers = if if_match.is_empty() { &headers[..1] } else { &headers };
    world.call_with(method, path, headers, body.clone())
}

#[test]
fn replays_each_command_after_a_restart() {
    World::on_each_store(|world| {
        world.key("read");
        let phone = json!({"number": "2001", "name": "Asha", "skills": ["Sales"]});
        let key = json!({"name": "PBX", "scope": "routing"});
        // Most could not be carried out a second time: what they are about is no longer there.
        let initech = json!({"user_name": "initech", "phone_number_limit": 7});
        let cases = [
            ("POST", "/v1/phones", phone, json!({"number": "2002", "name": "Asha"})),
            ("PATCH", "/v1/skills/Sales", json!({"name": "Verkauf"}), json!({"name": "Orders"})),
            ("POST", "/v1/account/keys", key, json!({"name": "PBX", "scope": "read"})),
            (
                "POST",
                "/v1/account/keys/k7/rotate",
                json!({"overlap_s": 0}),
                json!({"overlap_s": 9}),
            ),
            ("POST", "/v1/changes/c6/revert", Value::Null, json!({"what": "request"})),
            ("PATCH", ACME, json!({"phone_number_limit": 7}), json!({"phone_number_limit": 8})),
            ("POST", "/v1/operator/accounts", json!({"user_name": "initech"}), initech),
            ("POST", &format!("{ACME}/rotate-key"), json!({}), json!({"overlap_s": 9})),
        ];
        let mut first = Vec::new();
        for ((method, path, body, _), key) in cases.iter().zip('a'..) {
            let answer = send(world, key, (method, path, ""), body);
            assert!(matches!(answer.status, 200 | 201), "{answer:?}");
            if answer.json["key"].is_string() {
                world.keep_key(&answer);
            }
            first.push(answer);
        }
        world.restart();
        let changes = world.read("/v1/changes");
        for (((method, path, body, other), first), key) in cases.iter().zip(&first).zip('a'..) {
            send(world, key, (method, path, ""), body).assert_replays(first);
            let reused = send(world, key, (method, path, ""), other);
            reused.assert_problem(422, "idempotency_key_reused");
        }
        assert_eq!(world.read("/v1/changes"), changes);
    });
}

#[test]
fn replays_a_refusal_after_its_cause_is_gone() {
    World::on_each_store(|world| {
        let stale = "\"an older state\"";
        let cases = [
            (("DELETE", "/v1/phones/66002", ""), Value::Null, 404),
            (("PATCH", "/v1/phones/66002", ""), json!({"name": "Omar"}), 404),
            (("PATCH", "/v1/phones/p1", ""), json!({"number": "1001"}), 409),
            (("PATCH", "/v1/phones/p1", stale), json!({"name": "Omar"}), 412),
            (("DELETE", "/v1/phones/p1", stale), Value::Null, 412),
            (("PATCH", "/v1/skills/Late", ""), json!({"name": "Later"}), 404),
            (("PUT", "/v1/skills/Late/ring-order", stale), json!({"phones": []}), 404),
            (("PATCH", "/v1/account/keys/k20", ""), json!({"name": "Other"}), 404),
            (("POST", "/v1/account/keys/k20/rotate", ""), json!({}), 404),
            (("POST", "/v1/changes/c20/revert", ""), json!({}), 404),
        ];
        let mut first = Vec::new();
        for ((request, body, status), key) in cases.iter().zip('a'..) {
            let refused = send(world, key, *request, body);
            assert_eq!(refused.status, *status, "{refused:?}");
            first.push(refused);
        }
        world.done("POST", "/v1/phones", json!({"number": "66002", "name": "Asha"}));
        world.done("POST", "/v1/skills", json!({"name": "Late"}));
        world.delete("/v1/phones/1001");
        while world.get("/v1/account/keys/k20").status == 404 {
            world.key("read");
        }
        world.read("/v1/changes/c20");
        for (((request, body, _), first), key) in cases.iter().zip(&first).zip('a'..) {
            send(world, key, *request, body).assert_replays(first);
            let other = send(world, key, ("DELETE", "/v1/phones/p2", ""), &Value::Null);
            other.assert_problem(422, "idempotency_key_reused");
        }
        // A request that was invalid in itself may be sent again with the same key.
        let edit = ("PATCH", "/v1/phones/p1", "");
        send(world, 'z', edit, &json!({"name": ""})).assert_problem(422, "invalid_fields");
        assert_eq!(send(world, 'z', edit, &json!({"name": "Omar"})).status, 200);
    });
}

/// In whatever mode a file is imported, and whatever else the key was used for.
#[test]
fn rejects_an_idempotency_key_of_another_request() {
    const MODES: [&str; 2] = ["/v1/imports", "/v1/imports?mode=keep_going"];
    let world = &mut World::new();
    let file = "number,name\n2001,Asha\n";
    for (first, second) in [(MODES[0], MODES[1]), (MODES[1], MODES[0])] {
        let key = [("Idempotency-Key", first)];
        let done = world.send(first, CSV, &key, file);
        assert_eq!(done.status, 201, "{done:?}");
        for (path, file) in [(second, file), (first, "number,name\n2002,Omar\n")] {
            let reused = world.send(path, CSV, &key, file);
            reused.assert_problem(422, "idempotency_key_reused");
        }
        let reused = world.call_with("DELETE", "/v1/phones/2001", &key, Value::Null);
        reused.assert_problem(422, "idempotency_key_reused");
        world.delete("/v1/phones/2001");
    }
    let key = [("Idempotency-Key", "one")];
    assert_eq!(world.call_with("DELETE", "/v1/phones/p1", &key, Value::Null).status, 204);
    let reused = world.call_with("PATCH", "/v1/phones/p1", &key, Value::Null);
    reused.assert_problem(422, "idempotency_key_reused");
    for path in MODES {
        world.send(path, CSV, &key, file).assert_problem(422, "idempotency_key_reused");
    }
    assert_eq!(world.get("/v1/phones").list("items").len(), 2);
}
