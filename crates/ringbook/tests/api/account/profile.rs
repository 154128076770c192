//! `/v1/account`

use serde_json::{Value, json};

use crate::world::World;

const PATH: &str = "/v1/account";

#[test]
fn returns_the_profile_of_the_account() {
    let world = &mut World::new();
    let read = world.key("read");
    let account = world.call_as(("acme", &read), "GET", PATH, Value::Null);
    assert_eq!(account.status, 200, "{account:?}");
    let version = account.json["version"].clone();
    let key = account.json["key"]["id"].clone();
    assert!(version.as_u64().unwrap() > 5 && key.as_u64().unwrap() > 0, "{account:?}");
    let expected = json!({
        "user_name": "acme", "api_authentication": "BASIC_AUTH", "phone_number_limit": 1000,
        "phones": 3, "skills": 2, "version": version, "key": {"id": key, "scope": "read"}
    });
    assert_eq!(account.json, expected);
    let globex = world.globex.clone();
    let other = world.call_as(("globex", &globex), "GET", PATH, Value::Null);
    assert_eq!((&other.json["user_name"], &other.json["phones"]), (&json!("globex"), &json!(0)));
    assert_eq!(other.json["key"], json!({"id": 0, "scope": "full"}));
}

#[test]
fn edits_the_authentication_and_rejects_the_limit() {
    let world = &mut World::new();
    let before = world.call("GET", PATH, Value::Null).json;
    let tokens = json!({"api_authentication": "TOKEN_AUTH"});
    let tried = world.call("PATCH", "/v1/account?dry_run=true", tokens.clone());
    assert_eq!((tried.status, &tried.json["changes"]), (200, &json!(1)), "{tried:?}");
    assert_eq!(world.call("GET", PATH, Value::Null).json, before);
    let edited = world.call("PATCH", PATH, tokens.clone());
    assert_eq!((edited.status, &edited.json["api_authentication"]), (200, &json!("TOKEN_AUTH")));
    // Here it makes no difference: a key is as good as before.
    assert_eq!(world.call("GET", PATH, Value::Null).json, edited.json);
    let again = world.call("PATCH", PATH, tokens);
    assert_eq!((again.status, &again.json), (200, &edited.json), "nothing was to be done");
    for (body, errors) in [
        (json!({"phone_number_limit": 9}), vec![("/phone_number_limit", "operator_only")]),
        (json!({"api_authentication": "NONE"}), vec![("/api_authentication", "invalid")]),
        (
            json!({"api_authentication": null, "user_name": "other"}),
            vec![("/user_name", "unknown_field"), ("/api_authentication", "invalid")],
        ),
    ] {
        let answer = world.call("PATCH", PATH, body.clone());
        assert_eq!((answer.status, answer.code()), (422, "invalid_fields"), "{body}");
        answer.assert_errors(&errors);
    }
}
