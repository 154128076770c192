//! `/v1/account/keys/{id}`

use serde_json::{Value, json};

use super::keys::{PATH, make};
use crate::world::World;

#[test]
fn renames_a_key_and_extends_its_expiry() {
    let world = &mut World::new();
    let (id, key) = make(world, json!({"name": "PBX", "scope": "read", "expires_in_days": 1}));
    let path = format!("{PATH}/{id}");
    let end = "2999-01-01T00:00:00Z";
    for (body, expected) in [
        (json!({"name": "Rack 2", "expires_at": end}), json!(["Rack 2", end])),
        (json!({}), json!(["Rack 2", end])),
        (json!({"expires_at": null}), json!(["Rack 2", null])),
    ] {
        let edited = world.call("PATCH", &path, body.clone());
        let shown = json!([edited.json["name"], edited.json["expires_at"]]);
        assert_eq!((edited.status, &shown), (200, &expected), "{body}");
        let found = world.call("GET", &path, Value::Null);
        assert_eq!((found.status, &found.json), (200, &edited.json), "{body}");
    }
    let tried = world.call("PATCH", &format!("{path}?dry_run=true"), json!({"name": "Rack 3"}));
    assert_eq!((tried.status, &tried.json["result"]["name"]), (200, &json!("Rack 3")));
    assert_eq!(world.call("GET", &path, Value::Null).json["name"], "Rack 2");
    assert_eq!(world.call_as(("acme", &key), "GET", "/v1/phones", Value::Null).status, 200);
}

#[test]
fn lists_all_errors_of_a_key_edit() {
    let world = &mut World::new();
    let (id, _) = make(world, json!({"name": "PBX", "scope": "read"}));
    let body = json!({"name": "", "scope": "full", "expires_at": "2001-01-01T00:00:00Z", "id": 3});
    let answer = world.call("PATCH", &format!("{PATH}/{id}"), body);
    assert_eq!((answer.status, answer.code()), (422, "invalid_fields"));
    let told = answer.errors();
    let told: Vec<_> = told.iter().map(|(field, code)| (&**field, &**code)).collect();
    let errors = [
        ("/id", "unknown_field"),
        ("/scope", "not_editable"),
        ("/name", "invalid"),
        ("/expires_at", "invalid"),
    ];
    assert_eq!(told, errors);
    for path in ["/v1/account/keys/99", "/v1/account/keys/main", "/v1/account/keys/-1"] {
        for (method, body) in [("GET", Value::Null), ("PATCH", json!({})), ("DELETE", Value::Null)]
        {
            let missing = world.call(method, path, body);
            assert_eq!((missing.status, missing.code()), (404, "no_such_key"), "{method} {path}");
        }
    }
}

#[test]
fn rejects_a_deleted_key() {
    let world = &mut World::new();
    let (id, key) = make(world, json!({"name": "PBX", "scope": "full"}));
    let path = format!("{PATH}/{id}");
    let tried = world.call("DELETE", &format!("{path}?dry_run=true"), Value::Null);
    assert_eq!((tried.status, &tried.json["changes"]), (200, &json!(1)));
    // A key may delete itself: it is the last that is done for it.
    let deleted = world.call_as(("acme", &key), "DELETE", &path, Value::Null);
    assert_eq!(deleted.status, 204, "{deleted:?}");
    let denied = world.call_as(("acme", &key), "GET", "/v1/phones", Value::Null);
    assert_eq!((denied.status, denied.code()), (401, "unauthorized"));
    let gone = world.call("DELETE", &path, Value::Null);
    assert_eq!((gone.status, gone.code()), (404, "no_such_key"));
}

#[test]
fn rejects_edit_and_deletion_of_the_main_key() {
    let world = &mut World::new();
    let own = format!("{PATH}/0");
    let found = world.call("GET", &own, Value::Null);
    assert_eq!((found.status, &found.json["name"]), (200, &json!("main")));
    for (method, body) in [("PATCH", json!({"name": "Mine"})), ("DELETE", Value::Null)] {
        let refused = world.call(method, &own, body);
        assert_eq!((refused.status, refused.code()), (409, "main_key"), "{method}");
    }
}
