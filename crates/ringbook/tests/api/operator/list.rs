//! `/v1/operator/accounts`: the list, and new ones.

use serde_json::{Value, json};

use super::{Operator, PATH};
use crate::world::World;

#[test]
fn lists_accounts_in_pages() {
    World::on_each_store(|world| {
        let operator = Operator::of(world);
        let whole = operator.call(world, "GET", PATH, Value::Null);
        let acme = json!({
            "user_name": "acme", "api_authentication": "BASIC_AUTH", "phone_number_limit": 1000,
            "phones": 3, "skills": 2, "version": whole.json["accounts"][0]["version"]
        });
        let globex = json!({
            "user_name": "globex", "api_authentication": "BASIC_AUTH", "phone_number_limit": 1000,
            "phones": 0, "skills": 0, "version": 1
        });
        assert_eq!((whole.status, &whole.json), (200, &json!({"accounts": [acme, globex]})));
        let first = operator.call(world, "GET", &format!("{PATH}?limit=1"), Value::Null);
        assert_eq!(first.json["accounts"], json!([acme]));
        let next = first.json["next"].as_str().expect("there is more");
        let next = format!("{PATH}?limit=1&cursor={next}");
        let second = operator.call(world, "GET", &next, Value::Null);
        assert_eq!(second.json, json!({"accounts": [globex]}), "and that is all");
        for (query, code) in [("limit=0", "invalid_query"), ("cursor=!", "invalid_cursor")] {
            let wrong = operator.call(world, "GET", &format!("{PATH}?{query}"), Value::Null);
            assert_eq!((wrong.status, wrong.code()), (400, code), "{query}");
        }
    });
}

#[test]
fn creates_an_account_that_works_at_once() {
    let world = &mut World::new();
    let operator = Operator::of(world);
    let body = json!({"user_name": "initech", "phone_number_limit": 7});
    let tried = operator.call(world, "POST", &format!("{PATH}?dry_run=true"), body.clone());
    assert_eq!((tried.status, &tried.json["changes"]), (200, &json!(1)), "{tried:?}");
    assert_eq!(tried.json["result"]["key"], Value::Null);
    let missing = operator.call(world, "GET", &format!("{PATH}/initech"), Value::Null);
    assert_eq!((missing.status, missing.code()), (404, "no_such_account"));

    let made = operator.call(world, "POST", PATH, body.clone());
    assert_eq!(
        (made.status, made.header("location")),
        (201, Some("/v1/operator/accounts/initech"))
    );
    let key = world.keep_secret(made.json["key"].as_str().unwrap());
    assert!(key.starts_with("KK"), "the vendor's shape");
    let shown = operator.call(world, "GET", &format!("{PATH}/initech"), Value::Null);
    let mut expected = made.json.clone();
    expected.as_object_mut().unwrap().remove("key");
    assert_eq!((shown.status, &shown.json), (200, &expected));
    let account = world.call_as(("initech", &key), "GET", "/v1/account", Value::Null);
    assert_eq!((account.status, &account.json["phone_number_limit"]), (200, &json!(7)));

    for path in [PATH.to_owned(), format!("{PATH}?dry_run=true")] {
        let taken = operator.call(world, "POST", &path, body.clone());
        assert_eq!((taken.status, taken.code()), (409, "account_exists"), "{path}");
    }
}

#[test]
fn creates_an_account_with_the_given_key() {
    let world = &mut World::new();
    let operator = Operator::of(world);
    let brought = world.keep_secret("KK-brought-with-\"-in-it");
    let body = json!({
        "user_name": "initech", "api_authentication": "TOKEN_AUTH", "api_key": brought
    });
    let made = operator.call(world, "POST", PATH, body);
    assert_eq!((made.status, &made.json["key"]), (201, &Value::Null), "{made:?}");
    let account = world.call_as(("initech", &brought), "GET", "/v1/account", Value::Null);
    assert_eq!(account.json["api_authentication"], "TOKEN_AUTH");
}

#[test]
fn replays_the_creation_of_an_account_without_its_key() {
    World::on_each_store(|world| {
        let operator = Operator::of(world);
        let (body, once) = (json!({"user_name": "initech"}), [("Idempotency-Key", "initech")]);
        let first = operator.call_with(world, "POST", PATH, &once, body.clone());
        assert_eq!((first.status, first.header("idempotent-replayed")), (201, None), "{first:?}");
        let key = world.keep_secret(first.json["key"].as_str().unwrap());
        let again = operator.call_with(world, "POST", PATH, &once, body.clone());
        assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
        let mut expected = first.json.clone();
        expected["key"] = Value::Null;
        assert_eq!(again.json, expected, "a key is told once");
        assert_eq!(world.call_as(("initech", &key), "GET", "/v1/account", Value::Null).status, 200);
        // The same name, and another request.
        let other = json!({"user_name": "initech", "phone_number_limit": 7});
        let reused = operator.call_with(world, "POST", PATH, &once, other.clone());
        assert_eq!((reused.status, reused.code()), (422, "idempotency_key_reused"));
        let taken = operator.call_with(world, "POST", PATH, &[("Idempotency-Key", "other")], other);
        assert_eq!((taken.status, taken.code()), (409, "account_exists"));
    });
}

#[test]
fn lists_all_errors_of_a_new_account() {
    let world = &mut World::new();
    let operator = Operator::of(world);
    for (body, errors) in [
        (json!({}), vec![("/user_name", "missing")]),
        (
            json!({
                "user_name": "a b", "api_authentication": "x", "phone_number_limit": 16_000_001,
                "api_key": "short", "skills": []
            }),
            vec![
                ("/skills", "unknown_field"),
                ("/user_name", "invalid"),
                ("/api_authentication", "invalid"),
                ("/phone_number_limit", "invalid"),
                ("/api_key", "invalid"),
            ],
        ),
    ] {
        let answer = operator.call(world, "POST", PATH, body.clone());
        assert_eq!((answer.status, answer.code()), (422, "invalid_fields"), "{body}");
        answer.assert_errors(&errors);
    }
}
