//! `/v1/account/keys`

use serde_json::{Value, json};

use crate::world::{Answer, World};

pub const PATH: &str = "/v1/account/keys";

/// Makes a key and returns its id and the key itself.
#[track_caller]
pub fn make(world: &mut World, body: Value) -> (u64, String) {
    let made = world.call("POST", PATH, body);
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json["id"].as_u64().unwrap();
    assert_eq!(made.header("location"), Some(format!("{PATH}/{id}").as_str()));
    (id, world.keep_secret(made.json["key"].as_str().unwrap()))
}

fn ids(answer: &Answer) -> Vec<u64> {
    let keys = answer.json["keys"].as_array().expect("a list");
    keys.iter().map(|key| key["id"].as_u64().unwrap()).collect()
}

#[test]
fn returns_a_new_key_once_and_lists_it() {
    let world = &mut World::new();
    let body = json!({"name": "Wallboard", "scope": "read", "expires_at": "2999-01-01T00:00:00Z"});
    let made = world.call("POST", PATH, body);
    assert_eq!(made.status, 201, "{made:?}");
    let key = world.keep_secret(made.json["key"].as_str().unwrap());
    assert!(key.starts_with("KK") && key.len() == 34, "the vendor's shape");
    assert_eq!(world.call_as(("acme", &key), "GET", "/v1/phones", Value::Null).status, 200);

    let listed = world.call("GET", PATH, Value::Null);
    let [main, shown] = &listed.json["keys"].as_array().unwrap()[..] else { panic!("{listed:?}") };
    assert_eq!(
        *main,
        json!({
            "id": 0, "name": "main", "scope": "full", "created_at": null, "expires_at": null,
            "last_used_at": main["last_used_at"], "is_expired": false
        })
    );
    assert!(main["last_used_at"].is_string(), "it is used right now");
    assert!(shown["last_used_at"].is_string(), "{shown}");
    let mut told = made.json.clone();
    told["last_used_at"] = shown["last_used_at"].clone();
    assert_eq!(told.as_object_mut().unwrap().remove("key"), Some(key.into()));
    assert_eq!(told, *shown);
    assert_eq!(shown["expires_at"], "2999-01-01T00:00:00Z");
    assert_eq!((&shown["name"], &shown["scope"]), (&json!("Wallboard"), &json!("read")));
}

#[test]
fn creates_a_key_that_expires_in_days() {
    let world = &mut World::new();
    let made = world.call(
        "POST",
        PATH,
        json!({"name": "Temporary", "scope": "routing", "expires_in_days": 7}),
    );
    world.keep_secret(made.json["key"].as_str().unwrap());
    let time = |name: &str| made.json[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let held = time("expires_at").duration_since(time("created_at"));
    assert_eq!(held.as_hours(), 7 * 24);
}

#[test]
fn lists_all_errors_of_a_new_key() {
    let world = &mut World::new();
    for (body, errors) in [
        (json!({}), vec![("/name", "missing"), ("/scope", "missing")]),
        (
            json!({"name": " a", "scope": "admin", "expires_at": "soon", "key": "KK"}),
            vec![
                ("/key", "unknown_field"),
                ("/name", "invalid"),
                ("/scope", "invalid"),
                ("/expires_at", "invalid"),
            ],
        ),
        (
            json!({"name": "a", "scope": "read", "expires_at": "2001-01-01T00:00:00Z"}),
            vec![("/expires_at", "invalid")],
        ),
        (
            json!({"name": "a", "scope": "read", "expires_in_days": 0}),
            vec![("/expires_in_days", "invalid")],
        ),
        (
            json!({"name": "a", "scope": "read", "expires_in_days": 7, "expires_at": null}),
            vec![("/expires_in_days", "ambiguous")],
        ),
    ] {
        let answer = world.call("POST", PATH, body.clone());
        assert_eq!((answer.status, answer.code()), (422, "invalid_fields"), "{body}");
        answer.assert_errors(&errors);
    }
    let listed = world.call("GET", PATH, Value::Null);
    assert_eq!(ids(&listed), [0]);
}

#[test]
fn dry_run_creates_no_key() {
    let world = &mut World::new();
    let tried = world.call(
        "POST",
        "/v1/account/keys?dry_run=true",
        json!({"name": "PBX", "scope": "routing"}),
    );
    assert_eq!((tried.status, &tried.json["changes"]), (200, &json!(1)), "{tried:?}");
    assert_eq!(tried.json["result"]["key"], Value::Null);
    assert_eq!(tried.json["result"]["name"], "PBX");
    assert_eq!(ids(&world.call("GET", PATH, Value::Null)), [0]);
}

#[test]
fn replays_the_creation_of_a_key_without_the_key() {
    World::on_each_store(|world| {
        let once = [("Idempotency-Key", "one key, please")];
        let body = json!({"name": "PBX", "scope": "routing"});
        let first = world.call_with("POST", PATH, &once, body.clone());
        assert_eq!((first.status, first.header("idempotent-replayed")), (201, None), "{first:?}");
        let key = world.keep_secret(first.json["key"].as_str().unwrap());
        let again = world.call_with("POST", PATH, &once, body);
        assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
        assert_eq!((&again.json["key"], &again.json["id"]), (&Value::Null, &first.json["id"]));
        assert!(!again.reply.body.contains(&key));
        assert_eq!(ids(&world.call("GET", PATH, Value::Null)).len(), 2);
    });
}

#[test]
fn returns_404_for_a_key_of_another_account() {
    let world = &mut World::new();
    let (id, key) = make(world, json!({"name": "PBX", "scope": "full"}));
    let globex = world.globex.clone();
    let listed = world.call_as(("globex", &globex), "GET", PATH, Value::Null);
    assert_eq!(ids(&listed), [0]);
    let other = world.call_as(("globex", &key), "GET", PATH, Value::Null);
    assert_eq!((other.status, other.code()), (401, "unauthorized"));
    let one = format!("{PATH}/{id}");
    for (method, path, body) in [
        ("GET", &one, Value::Null),
        ("PATCH", &one, json!({"name": "Mine"})),
        ("DELETE", &one, Value::Null),
        ("POST", &format!("{one}/rotate"), json!({})),
    ] {
        let answer = world.call_as(("globex", &globex), method, path, body);
        assert_eq!((answer.status, answer.code()), (404, "no_such_key"), "{method} {path}");
    }
    assert_eq!(world.call("GET", &one, Value::Null).json["name"], "PBX");
}
