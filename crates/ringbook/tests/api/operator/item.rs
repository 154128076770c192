//! `/v1/operator/accounts/{user_name}`

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use super::Operator;
use crate::world::World;

const ACME: &str = "/v1/operator/accounts/acme";

#[test]
fn edits_an_account() {
    let world = &mut World::new();
    let operator = Operator::of(world);
    let before = operator.call(world, "GET", ACME, Value::Null);
    let body = json!({"phone_number_limit": 3});
    let tried = operator.call(world, "PATCH", &format!("{ACME}?dry_run=true"), body.clone());
    assert_eq!((tried.status, &tried.json["changes"]), (200, &json!(1)), "{tried:?}");
    let once = [("Idempotency-Key", "limit")];
    let edited = operator.call_with(world, "PATCH", ACME, &once, body.clone());
    assert_eq!((edited.status, &edited.json["phone_number_limit"]), (200, &json!(3)));
    let shown = operator.call(world, "GET", ACME, Value::Null);
    assert_eq!((&shown.json, shown.header("etag")), (&edited.json, edited.header("etag")));
    assert_ne!(shown.header("etag"), before.header("etag"));
    let again = operator.call_with(world, "PATCH", ACME, &once, body);
    assert_eq!((&again.json, again.header("idempotent-replayed")), (&edited.json, Some("true")));
    // From now on the account has no more room.
    let full = world.call("POST", "/v1/phones", json!({"number": "2001", "name": "Asha"}));
    assert_eq!((full.status, full.code()), (409, "limit_exceeded"));

    let known = [("If-Match", before.header("etag").unwrap())];
    let stale = operator.call_with(world, "PATCH", ACME, &known, json!({"phone_number_limit": 9}));
    assert_eq!((stale.status, stale.code()), (412, "precondition_failed"));
    let wrong = json!({"user_name": "other", "phone_number_limit": -1});
    let wrong = operator.call(world, "PATCH", ACME, wrong);
    let fields: Vec<_> = wrong.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        (wrong.status, fields),
        (422, vec!["/user_name".into(), "/phone_number_limit".into()])
    );
}

/// Everybody has seen the same state, and wants to set another limit.
#[test]
fn executes_one_of_many_concurrent_edits_with_the_same_etag() {
    World::on_each_store(|world| {
        const CALLERS: u32 = 16;
        let operator = Operator::of(world);
        for round in 0..5 {
            let before = operator.call(world, "GET", ACME, Value::Null);
            let etag = before.header("etag").unwrap();
            let barrier = Barrier::new(CALLERS as usize);
            let statuses: Vec<_> = thread::scope(|scope| {
                let call = |number| {
                    let (mut client, barrier) = (world.client(), &barrier);
                    let credentials = operator.credentials.as_str();
                    scope.spawn(move || {
                        let headers = [
                            ("Authorization", credentials),
                            ("Content-Type", "application/json"),
                            ("If-Match", etag),
                        ];
                        let body = json!({"phone_number_limit": CALLERS * round + number});
                        barrier.wait();
                        client.request("PATCH", ACME, &headers, &body.to_string()).unwrap().status
                    })
                };
                let callers: Vec<_> = (0..CALLERS).map(call).collect();
                callers.into_iter().map(|caller| caller.join().unwrap()).collect()
            });
            let count = |status| statuses.iter().filter(|other| **other == status).count();
            assert_eq!((count(200), count(412)), (1, CALLERS as usize - 1), "{statuses:?}");
        }
    });
}

#[test]
fn keeps_the_etag_of_settings_when_phones_change() {
    let world = &mut World::new();
    let operator = Operator::of(world);
    let before = operator.call(world, "GET", ACME, Value::Null);
    let known = [("If-Match", before.header("etag").unwrap())];
    let made = world.call("POST", "/v1/phones", json!({"number": "2001", "name": "Asha"}));
    assert_eq!(made.status, 201, "{made:?}");
    let limit = json!({"phone_number_limit": 3});
    let edited = operator.call_with(world, "PATCH", ACME, &known, limit);
    assert_eq!((edited.status, &edited.json["phones"]), (200, &json!(4)), "{edited:?}");
    let stale = operator.call_with(world, "DELETE", ACME, &known, Value::Null);
    assert_eq!((stale.status, stale.code()), (412, "precondition_failed"));
    assert_eq!(stale.json["etag"].as_str(), edited.header("etag"));
}

#[test]
fn deletes_an_account_and_frees_its_name() {
    World::on_each_store(|world| {
        let operator = Operator::of(world);
        let before = operator.call(world, "GET", ACME, Value::Null);
        let known = [("If-Match", before.header("etag").unwrap()), ("Idempotency-Key", "delete")];
        let tried = operator.call(world, "DELETE", &format!("{ACME}?dry_run=true"), Value::Null);
        assert_eq!((tried.status, &tried.json["changes"]), (200, &json!(1)), "{tried:?}");
        let deleted = operator.call_with(world, "DELETE", ACME, &known, Value::Null);
        assert_eq!(deleted.status, 204, "{deleted:?}");
        let denied = world.call("GET", "/v1/phones", Value::Null);
        assert_eq!((denied.status, denied.code()), (401, "unauthorized"));
        for method in ["GET", "PATCH", "DELETE"] {
            let body = if method == "PATCH" { json!({}) } else { Value::Null };
            let gone = operator.call(world, method, ACME, body);
            assert_eq!((gone.status, gone.code()), (404, "no_such_account"), "{method}");
        }
        let again = operator.call_with(world, "DELETE", ACME, &known, Value::Null);
        assert_eq!((again.status, again.code()), (404, "no_such_account"));
        // Another account of that name is another account: the first request does not delete it.
        let made = operator.call(world, "POST", super::PATH, json!({"user_name": "acme"}));
        let key = world.keep_secret(made.json["key"].as_str().unwrap());
        let late = operator.call_with(world, "DELETE", ACME, &known, Value::Null);
        assert_eq!((late.status, late.code()), (412, "precondition_failed"));
        let phones = world.call_as(("acme", &key), "GET", "/v1/phones", Value::Null);
        assert_eq!(phones.json, json!({"phones": []}));
    });
}

#[test]
fn replaces_a_lost_key() {
    let world = &mut World::new();
    let operator = Operator::of(world);
    let (path, once) = (format!("{ACME}/rotate-key"), [("Idempotency-Key", "lost")]);
    let body = json!({"overlap_s": 0});
    let tried = operator.call(world, "POST", &format!("{path}?dry_run=true"), body.clone());
    assert_eq!((tried.status, &tried.json["result"]["key"]), (200, &Value::Null), "{tried:?}");
    let rotated = operator.call_with(world, "POST", &path, &once, body.clone());
    assert_eq!((rotated.status, &rotated.json["old"]), (201, &Value::Null), "{rotated:?}");
    assert_eq!(rotated.header("location"), None, "the operator has no path to it");
    let new = world.keep_secret(rotated.json["key"].as_str().unwrap());
    let old = std::mem::replace(&mut world.acme, new);
    assert_eq!(world.call("GET", "/v1/phones", Value::Null).status, 200);
    let denied = world.call_as(("acme", &old), "GET", "/v1/phones", Value::Null);
    assert_eq!((denied.status, denied.code()), (401, "unauthorized"));
    let again = operator.call_with(world, "POST", &path, &once, body);
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
    assert_eq!(again.json["key"], Value::Null);
    let missing =
        operator.call(world, "POST", "/v1/operator/accounts/nobody/rotate-key", json!({}));
    assert_eq!((missing.status, missing.code()), (404, "no_such_account"));
}
