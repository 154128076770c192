//! `/v1/account` and its keys.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::World;

const KEYS: &str = "/v1/account/keys";

#[test]
fn returns_the_profile_of_the_account() {
    let world = &mut World::new();
    let read = world.key("read");
    let account = world.call_as(("acme", &read), "GET", "/v1/account", Value::Null);
    let expected = json!({
        "user_name": "acme", "api_authentication": "BASIC_AUTH", "phone_number_limit": 1000,
        "phones": 3, "skills": 2, "version": 7, "key": {"id": "k7", "scope": "read"}
    });
    assert_eq!((account.status, &account.json), (200, &expected));
    let other = world.get_as_globex("/v1/account");
    assert_eq!((&other.json["user_name"], &other.json["phones"]), (&json!("globex"), &json!(0)));
    assert_eq!(other.json["key"], json!({"id": "k0", "scope": "full"}));
}

#[test]
fn edits_the_authentication() {
    let world = &mut World::new();
    let tokens = json!({"api_authentication": "TOKEN_AUTH"});
    let edited = world.call("PATCH", "/v1/account", tokens.clone());
    assert_eq!((edited.status, &edited.json["api_authentication"]), (200, &json!("TOKEN_AUTH")));
    // Here it makes no difference: a key is as good as before.
    assert_eq!(world.read("/v1/account"), edited.json);
    let again = world.call("PATCH", "/v1/account", tokens);
    assert_eq!((again.status, &again.json), (200, &edited.json), "nothing was to be done");
}

/// Makes a key and returns its id and the key itself.
#[track_caller]
fn make(world: &mut World, body: Value) -> (String, String) {
    let made = world.call("POST", KEYS, body);
    let id = made.json["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), Some(format!("{KEYS}/{id}").as_str()));
    (id, world.keep_key(&made))
}

#[test]
fn returns_a_new_key_once_and_lists_it() {
    let world = &mut World::new();
    let body = json!({"name": "Wallboard", "scope": "read", "expires_at": "2999-01-01T00:00:00Z"});
    let made = world.call("POST", KEYS, body);
    let key = world.keep_key(&made);
    assert!(key.starts_with("KK") && key.len() == 34, "the vendor's shape");
    assert!(world.is_valid(&key));

    let listed = world.get(KEYS);
    let [main, shown] = listed.list("items") else { panic!("{listed:?}") };
    assert_eq!(
        *main,
        json!({
            "id": "k0", "name": "main", "scope": "full", "created_at": null, "expires_at": null,
            "last_used_at": main["last_used_at"], "is_expired": false
        })
    );
    assert_eq!(world.read(&format!("{KEYS}/k0"))["name"], "main");
    assert!(main["last_used_at"].is_string() && shown["last_used_at"].is_string(), "{listed:?}");
    let mut expected = made.json.clone();
    expected["last_used_at"] = shown["last_used_at"].clone();
    assert_eq!(expected.as_object_mut().unwrap().remove("key"), Some(key.as_str().into()));
    assert_eq!(expected, *shown);
    assert_eq!(shown["expires_at"], "2999-01-01T00:00:00Z");
    assert_eq!((&shown["name"], &shown["scope"]), (&json!("Wallboard"), &json!("read")));
    assert_eq!(world.get_as_globex(KEYS).column("items", "id"), ["k0"]);
    let other = world.call_as(("globex", &key), "GET", KEYS, Value::Null);
    other.assert_problem(401, "unauthorized");
}

fn time(value: &Value) -> jiff::Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn renames_an_expiring_key_and_extends_its_expiry() {
    let world = &mut World::new();
    let (id, key) = make(world, json!({"name": "PBX", "scope": "read", "expires_in_days": 7}));
    let path = format!("{KEYS}/{id}");
    let made = world.read(&path);
    let held = time(&made["expires_at"]).duration_since(time(&made["created_at"]));
    assert_eq!(held.as_hours(), 7 * 24);
    let end = "2999-01-01T00:00:00Z";
    for (body, expected) in [
        (json!({"name": "Rack 2", "expires_at": end}), json!(["Rack 2", end])),
        (json!({}), json!(["Rack 2", end])),
        (json!({"expires_at": null}), json!(["Rack 2", null])),
    ] {
        let edited = world.done("PATCH", &path, body.clone());
        assert_eq!(json!([edited.json["name"], edited.json["expires_at"]]), expected, "{body}");
        assert_eq!(world.read(&path), edited.json, "{body}");
    }
    assert!(world.is_valid(&key));
}

#[test]
fn rejects_a_deleted_key() {
    let world = &mut World::new();
    let (id, key) = make(world, json!({"name": "PBX", "scope": "full"}));
    let path = format!("{KEYS}/{id}");
    // A key may delete itself, as its last request.
    assert_eq!(world.call_as(("acme", &key), "DELETE", &path, Value::Null).status, 204);
    assert!(!world.is_valid(&key));
    world.call("DELETE", &path, Value::Null).assert_problem(404, "no_such_key");
}

/// Rotates a key and returns the answer and the new key.
#[track_caller]
fn rotate(world: &mut World, id: &str, body: Value) -> (Answer, String) {
    let rotated = world.call("POST", &format!("{KEYS}/{id}/rotate"), body);
    let key = world.keep_key(&rotated);
    (rotated, key)
}

#[test]
fn keeps_a_rotated_key_valid_for_the_overlap() {
    let world = &mut World::new();
    let (id, old) = make(world, json!({"name": "PBX", "scope": "read", "expires_in_days": 90}));
    let before = world.read(&format!("{KEYS}/{id}"));
    let (rotated, new) = rotate(world, &id, json!({}));
    let new_id = rotated.json["id"].as_str().unwrap();
    assert!(new_id != id && new != old);
    assert_eq!(rotated.header("location"), Some(format!("{KEYS}/{new_id}").as_str()));
    for name in ["name", "scope", "expires_at"] {
        assert_eq!(rotated.json[name], before[name], "{name}");
    }
    let left = world.read(&format!("{KEYS}/{id}"));
    assert_eq!(rotated.json["old"], json!({"id": id, "expires_at": left["expires_at"]}));
    let overlap = time(&left["expires_at"]).duration_since(time(&rotated.json["created_at"]));
    assert_eq!(overlap.as_secs(), 3600);
    assert!(world.is_valid(&old) && world.is_valid(&new));
    // It is never valid for longer than it would have been without the rotation.
    let (again, _) = rotate(world, &id, json!({"overlap_s": 2_592_000}));
    assert_eq!(again.json["old"], rotated.json["old"]);
}

#[test]
fn rejects_a_key_rotated_without_overlap() {
    let world = &mut World::new();
    let (id, old) = make(world, json!({"name": "PBX", "scope": "read"}));
    let (rotated, new) = rotate(world, &id, json!({"overlap_s": 0}));
    assert_eq!((&rotated.json["old"], &rotated.json["expires_at"]), (&Value::Null, &Value::Null));
    assert!(!world.is_valid(&old) && world.is_valid(&new));
    world.get(&format!("{KEYS}/{id}")).assert_problem(404, "no_such_key");
}

#[test]
fn rotates_the_main_key() {
    let world = &mut World::new();
    let old = world.acme.clone();
    let (rotated, new) = rotate(world, "k0", json!({"overlap_s": 60}));
    assert_eq!(rotated.header("location"), Some("/v1/account/keys/k0"));
    let shown = json!([rotated.json["id"], rotated.json["name"], rotated.json["scope"]]);
    assert_eq!(shown, json!(["k0", "main", "full"]));
    assert!(world.is_valid(&old) && world.is_valid(&new));
    let path = format!("{KEYS}/{}", rotated.json["old"]["id"].as_str().unwrap());
    assert_eq!(world.read(&path)["expires_at"], rotated.json["old"]["expires_at"]);
    // The old key is now one like the others, and can be deleted before it expires.
    world.acme = new.clone();
    world.delete(&path);
    assert!(!world.is_valid(&old) && world.is_valid(&new));
    let (rotated, newest) = rotate(world, "k0", json!({"overlap_s": 0}));
    assert_eq!(rotated.json["old"], Value::Null);
    assert!(world.is_valid(&newest) && !world.is_valid(&new));
}
