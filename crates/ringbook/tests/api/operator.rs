//! `/v1/operator/accounts`

use serde_json::{Value, json};

use crate::world::{ACME, World};

const PATH: &str = "/v1/operator/accounts";

#[test]
fn rejects_all_but_the_operator() {
    let world = &mut World::new();
    let unknown = "RBO00000000000000000000000000000000";
    let acme = world.acme.clone();
    let bearers = [unknown, &acme].map(|key| format!("Bearer {key}"));
    for (method, path) in [
        ("GET", PATH),
        ("POST", PATH),
        ("GET", ACME),
        ("PATCH", ACME),
        ("DELETE", ACME),
        ("POST", "/v1/operator/accounts/acme/rotate-key"),
    ] {
        println!("{method} {path}");
        let without = world.request(method, path, &[], Value::Null);
        without.assert_problem(401, "unauthorized");
        assert!(without.header("www-authenticate").unwrap().starts_with("Bearer "), "{without:?}");
        // An account's own key is none of the operator's, however it is sent.
        let account = world.call_as(("acme", &acme), method, path, Value::Null);
        account.assert_problem(401, "unauthorized");
        for bearer in &bearers {
            let wrong = world.request(method, path, &[("Authorization", bearer)], Value::Null);
            wrong.assert_problem(401, "unauthorized");
        }
    }
}

#[test]
fn rejects_a_deleted_operator_key() {
    World::on_each_store(|world| {
        assert_eq!(world.get(PATH).status, 200);
        // A key of the operator is none of an account.
        let key = world.operator.clone();
        assert!(!world.is_valid(&key));
        world.delete_operator_key();
        world.get(PATH).assert_problem(401, "unauthorized");
    });
}

#[test]
fn lists_accounts() {
    World::on_each_store(|world| {
        let whole = world.get(PATH);
        let acme = json!({
            "user_name": "acme", "api_authentication": "BASIC_AUTH", "phone_number_limit": 1000,
            "phones": 3, "skills": 2, "version": whole.json["items"][0]["version"]
        });
        let globex = json!({
            "user_name": "globex", "api_authentication": "BASIC_AUTH", "phone_number_limit": 1000,
            "phones": 0, "skills": 0, "version": 1
        });
        assert_eq!(
            (whole.status, &whole.json),
            (200, &json!({"items": [acme, globex], "next": null, "damaged": []}))
        );
    });
}

#[test]
fn lists_accounts_whose_names_begin_so() {
    World::on_each_store(|world| {
        for name in ["acmd", "acme-2", "acmf"] {
            world.done("POST", PATH, json!({"user_name": name, "api_key": "0123456789"}));
        }
        for (prefix, expected) in [
            ("acme", &["acme", "acme-2"][..]),
            ("acm", &["acmd", "acme", "acme-2", "acmf"]),
            ("Acme", &[]),
            ("a%20b", &[]),
        ] {
            let found = world.get(&format!("{PATH}?user_name_prefix={prefix}"));
            let names: Vec<_> = found.list("items").iter().map(|it| &it["user_name"]).collect();
            assert_eq!(names, expected, "{prefix}");
        }
    });
}

#[test]
fn creates_an_account_that_works_at_once() {
    let world = &mut World::new();
    let body = json!({"user_name": "initech", "phone_number_limit": 7});
    let made = world.call("POST", PATH, body);
    assert_eq!(made.header("location"), Some("/v1/operator/accounts/initech"));
    let key = world.keep_key(&made);
    assert!(key.starts_with("KK"), "the vendor's shape");
    let mut expected = made.json.clone();
    expected.as_object_mut().unwrap().remove("key");
    assert_eq!(world.read(&format!("{PATH}/initech")), expected);
    let account = world.call_as(("initech", &key), "GET", "/v1/account", Value::Null);
    assert_eq!((account.status, &account.json["phone_number_limit"]), (200, &json!(7)));

    let given = world.keep_secret("KK-brought-with-\"-in-it");
    let body = json!({"user_name": "hooli", "api_authentication": "TOKEN_AUTH", "api_key": given});
    let made = world.done("POST", PATH, body);
    assert_eq!(made.json["key"], Value::Null, "{made:?}");
    let account = world.call_as(("hooli", &given), "GET", "/v1/account", Value::Null);
    assert_eq!(account.json["api_authentication"], "TOKEN_AUTH");
}

#[test]
fn edits_the_limit_of_an_account() {
    let world = &mut World::new();
    let before = world.get(ACME).etag();
    let edited = world.call("PATCH", ACME, json!({"phone_number_limit": 3}));
    assert_eq!((edited.status, &edited.json["phone_number_limit"]), (200, &json!(3)));
    let shown = world.get(ACME);
    assert_eq!((&shown.json, shown.etag()), (&edited.json, edited.etag()));
    assert_ne!(shown.etag(), before);
    // The account sees the limit, and has no room left.
    let account = world.read("/v1/account");
    assert_eq!(account["phone_number_limit"], 3);
    assert_eq!(account["version"], edited.json["version"]);
    let full = world.call("POST", "/v1/phones", json!({"number": "2001", "name": "Asha"}));
    full.assert_problem(409, "limit_exceeded");
}

#[test]
fn executes_one_of_many_concurrent_edits_with_the_same_etag() {
    World::on_each_store(|world| {
        for round in 0..5 {
            let etag = world.get(ACME).etag();
            let edits: Vec<_> = (0..16)
                .map(|number| json!({"phone_number_limit": 16 * round + number}))
                .map(|body| ("PATCH", ACME.to_owned(), body))
                .collect();
            let mut statuses = world.at_once(&etag, &edits);
            statuses.sort_unstable();
            assert_eq!(statuses, [&[200][..], &[412; 15]].concat());
        }
    });
}

#[test]
fn keeps_the_etag_of_settings_when_phones_change() {
    let world = &mut World::new();
    let etag = world.get(ACME).etag();
    world.done("POST", "/v1/phones", json!({"number": "2001", "name": "Asha"}));
    let limit = json!({"phone_number_limit": 3});
    let edited = world.call_with("PATCH", ACME, &[("If-Match", &etag)], limit);
    assert_eq!((edited.status, &edited.json["phones"]), (200, &json!(4)), "{edited:?}");
}

#[test]
fn deletes_an_account_and_frees_its_name() {
    World::on_each_store(|world| {
        let etag = world.get(ACME).etag();
        let headers = [("If-Match", etag.as_str()), ("Idempotency-Key", "delete")];
        let delete = |world: &mut World| world.call_with("DELETE", ACME, &headers, Value::Null);
        assert_eq!(delete(world).status, 204);
        world.get("/v1/phones").assert_problem(401, "unauthorized");
        for (method, body) in [("GET", Value::Null), ("PATCH", json!({})), ("DELETE", Value::Null)]
        {
            world.call(method, ACME, body).assert_problem(404, "no_such_account");
        }
        delete(world).assert_problem(404, "no_such_account");
        // Another account of that name is another account: the first request does not delete it.
        let made = world.call("POST", PATH, json!({"user_name": "acme"}));
        world.acme = world.keep_key(&made);
        delete(world).assert_problem(412, "precondition_failed");
        assert_eq!(world.read("/v1/phones")["items"], json!([]));
    });
}

#[test]
fn replaces_a_lost_key() {
    let world = &mut World::new();
    let old = world.acme.clone();
    let rotated = world.call("POST", &format!("{ACME}/rotate-key"), json!({"overlap_s": 0}));
    assert_eq!(rotated.json["old"], Value::Null, "{rotated:?}");
    assert_eq!(rotated.header("location"), None, "the operator has no path to it");
    let new = world.keep_key(&rotated);
    assert!(world.is_valid(&new) && !world.is_valid(&old));
}
