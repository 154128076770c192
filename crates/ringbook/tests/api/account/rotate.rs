//! `/v1/account/keys/{id}/rotate`

use serde_json::{Value, json};

use super::keys::{PATH, make};
use crate::world::{Answer, World};

/// Rotates a key and returns the answer and the new key.
#[track_caller]
fn rotate(world: &mut World, id: u64, body: Value) -> (Answer, String) {
    let rotated = world.call("POST", &format!("{PATH}/{id}/rotate"), body);
    assert_eq!(rotated.status, 201, "{rotated:?}");
    let key = world.keep_secret(rotated.json["key"].as_str().unwrap());
    (rotated, key)
}

fn is_valid(world: &mut World, key: &str) -> bool {
    let answer = world.call_as(("acme", key), "GET", "/v1/phones", Value::Null);
    assert!(matches!(answer.status, 200 | 401), "{answer:?}");
    answer.status == 200
}

#[test]
fn keeps_a_rotated_key_valid_for_the_overlap() {
    let world = &mut World::new();
    let (id, old) = make(world, json!({"name": "PBX", "scope": "read", "expires_in_days": 90}));
    let before = world.call("GET", &format!("{PATH}/{id}"), Value::Null).json;
    let (rotated, new) = rotate(world, id, json!({}));
    let new_id = rotated.json["id"].as_u64().unwrap();
    assert!(new_id > id && new != old);
    assert_eq!(rotated.header("location"), Some(format!("{PATH}/{new_id}").as_str()));
    for name in ["name", "scope", "expires_at"] {
        assert_eq!(rotated.json[name], before[name], "{name}");
    }
    assert_eq!(rotated.json["old"]["id"], id);
    let time = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let overlap =
        time(&rotated.json["old"]["expires_at"]).duration_since(time(&rotated.json["created_at"]));
    assert_eq!(overlap.as_secs(), 3600);
    assert!(is_valid(world, &old) && is_valid(world, &new));
    let left = world.call("GET", &format!("{PATH}/{id}"), Value::Null);
    assert_eq!(left.json["expires_at"], rotated.json["old"]["expires_at"]);
    // It never goes on for longer than it would have by itself.
    let (again, _) = rotate(world, id, json!({"overlap_s": 2_592_000}));
    assert_eq!(again.json["old"], json!({"id": id, "expires_at": left.json["expires_at"]}));
}

#[test]
fn rejects_a_key_rotated_without_overlap() {
    let world = &mut World::new();
    let (id, old) = make(world, json!({"name": "PBX", "scope": "read"}));
    let tried = format!("{PATH}/{id}/rotate?dry_run=true");
    let tried = world.call("POST", &tried, json!({"overlap_s": 0}));
    assert_eq!((tried.status, &tried.json["changes"]), (200, &json!(2)), "{tried:?}");
    assert_eq!(tried.json["result"]["key"], Value::Null);
    assert!(is_valid(world, &old));
    let (rotated, new) = rotate(world, id, json!({"overlap_s": 0}));
    assert_eq!((&rotated.json["old"], &rotated.json["expires_at"]), (&Value::Null, &Value::Null));
    assert!(!is_valid(world, &old) && is_valid(world, &new));
    let gone = world.call("GET", &format!("{PATH}/{id}"), Value::Null);
    assert_eq!((gone.status, gone.code()), (404, "no_such_key"));
}

#[test]
fn rotates_the_main_key() {
    let world = &mut World::new();
    let old = world.acme.clone();
    let (rotated, new) = rotate(world, 0, json!({"overlap_s": 60}));
    assert_eq!(rotated.header("location"), Some("/v1/account/keys/0"));
    let shown = json!([rotated.json["id"], rotated.json["name"], rotated.json["scope"]]);
    assert_eq!(shown, json!([0, "main", "full"]));
    assert!(is_valid(world, &old) && is_valid(world, &new));
    let path = format!("{PATH}/{}", rotated.json["old"]["id"]);
    let left = world.call("GET", &path, Value::Null);
    assert_eq!(left.json["expires_at"], rotated.json["old"]["expires_at"], "{left:?}");
    // It is a key like the others now, and need not wait for its end.
    let deleted = world.call_as(("acme", &new), "DELETE", &path, Value::Null);
    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert!(!is_valid(world, &old) && is_valid(world, &new));
    world.acme = new;
    let (rotated, new) = rotate(world, 0, json!({"overlap_s": 0}));
    assert_eq!(rotated.json["old"], Value::Null);
    assert!(is_valid(world, &new));
    let old = world.acme.clone();
    assert!(!is_valid(world, &old));
}

#[test]
fn replays_a_rotation_without_its_key() {
    World::on_each_store(|world| {
        let (id, old) = make(world, json!({"name": "PBX", "scope": "read"}));
        let (path, once) = (format!("{PATH}/{id}/rotate"), [("Idempotency-Key", "rotate")]);
        let first = world.call_with("POST", &path, &once, json!({"overlap_s": 0}));
        assert_eq!(first.status, 201, "{first:?}");
        let new = world.keep_secret(first.json["key"].as_str().unwrap());
        // The old key is gone, and yet this is the answer rather than that there is no such key.
        let again = world.call_with("POST", &path, &once, json!({"overlap_s": 0}));
        assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
        assert_eq!((&again.json["key"], &again.json["id"]), (&Value::Null, &first.json["id"]));
        assert!(!is_valid(world, &old) && is_valid(world, &new));
    });
}

#[test]
fn rejects_invalid_rotations() {
    let world = &mut World::new();
    for (body, field) in [
        (json!({"overlap_s": 2_592_001}), "/overlap_s"),
        (json!({"overlap_s": -1}), "/overlap_s"),
        (json!({"overlap": 60}), "/overlap"),
    ] {
        let answer = world.call("POST", "/v1/account/keys/0/rotate", body.clone());
        assert_eq!((answer.status, answer.code()), (422, "invalid_fields"), "{body}");
        assert_eq!(answer.errors()[0].0, field, "{body}");
    }
    let missing = world.call("POST", "/v1/account/keys/99/rotate", json!({}));
    assert_eq!((missing.status, missing.code()), (404, "no_such_key"));
}
