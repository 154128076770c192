//! What holds for every request, whatever it is about.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use crate::bulk::many;
use crate::world::{ACME, World};

/// Moves a phone within a ring order.
const MOVE: &str = "/v1/skills/Sales/ring-order/move";

/// The method and path of each route, and the narrowest scope that it accepts; `description` checks
/// that none is missing.
pub fn scopes() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    include_str!("scopes.txt").lines().map(|line| {
        let mut words = line.split_whitespace();
        let mut word = || words.next().expect("a scope, a method and a path");
        let scope = word();
        (word(), word(), scope)
    })
}

#[test]
fn rejects_missing_wrong_and_narrow_keys() {
    let world = &mut World::new();
    let globex = world.globex.clone();
    // The import of `scopes.txt`.
    world.send("/v1/imports", "text/csv", &[], "number,name\n2001,Asha\n");
    let keys = ["routing", "read"].map(|scope| (scope, world.key(scope)));
    for (method, path, needs) in scopes() {
        println!("{method} {path}");
        world.wait_a_minute();
        let without = world.request(method, path, &[], Value::Null);
        without.assert_problem(401, "unauthorized");
        assert!(without.header("www-authenticate").unwrap().starts_with("Basic "), "{without:?}");
        for key in ["no such key", &globex] {
            let wrong = world.call_as(("acme", key), method, path, Value::Null);
            wrong.assert_problem(401, "unauthorized");
        }
        for (scope, key) in &keys {
            let answer = world.call_as(("acme", key), method, path, Value::Null);
            if needs == "full" || [("read", "routing"), ("pause", "read")].contains(&(needs, scope))
            {
                answer.assert_problem(403, "wrong_scope");
            } else {
                let status = if needs == "pause" { 204 } else { 200 };
                assert_eq!(answer.status, status, "{answer:?}");
            }
        }
    }
}

/// A write of each route, how many changes it makes, and what is in its result.
fn writes() -> Vec<(&'static str, String, Value, u32, Value)> {
    let phone = json!({"id": "p0", "number": "2001", "name": "Asha", "skills": []});
    let key = json!({"key": null, "id": "k1", "name": "PBX"});
    let rotation = format!("{ACME}/rotate-key");
    let writes = [
        ("POST", "/v1/phones", json!({"number": "2001", "name": "Asha"}), 1, phone),
        ("DELETE", "/v1/phones/p1", Value::Null, 1, Value::Null),
        ("DELETE", "/v1/skills/Sales?unassign=true", Value::Null, 3, Value::Null),
        ("PUT", "/v1/skills/Sales/ring-order", json!({"phones": ["p2", "p1"]}), 2, Value::Null),
        ("PATCH", "/v1/account", json!({"api_authentication": "TOKEN_AUTH"}), 1, Value::Null),
        ("POST", "/v1/account/keys", json!({"name": "PBX", "scope": "routing"}), 1, key),
        ("PATCH", "/v1/account/keys/k7", json!({"name": "Rack"}), 1, json!({"name": "Rack"})),
        ("DELETE", "/v1/account/keys/k7", Value::Null, 1, Value::Null),
        ("POST", "/v1/account/keys/k7/rotate", json!({"overlap_s": 0}), 2, json!({"key": null})),
        ("POST", "/v1/changes/c5/revert", Value::Null, 1, Value::Null),
        ("POST", "/v1/operator/accounts", json!({"user_name": "initech"}), 1, json!({"key": null})),
        ("PATCH", ACME, json!({"phone_number_limit": 3}), 1, json!({"phone_number_limit": 3})),
        ("DELETE", ACME, Value::Null, 1, Value::Null),
        ("POST", &rotation, json!({}), 2, json!({"key": null})),
        ("POST", "/v1/skills", json!({"name": "New"}), 1, json!({"id": "s0", "name": "New"})),
        ("PATCH", "/v1/skills/Sales", json!({"name": "New"}), 1, json!({"name": "New"})),
        ("PATCH", "/v1/phones/p1", json!({"name": "Asha"}), 1, json!({"name": "Asha"})),
        ("POST", MOVE, json!({"phone": "p2", "place": 1}), 2, Value::Null),
        ("PATCH", "/v1/account/routing", json!({"dial_templates": null}), 0, Value::Null),
        ("PATCH", "/v1/skills/s1/routing", json!({"ring_time_s": 9}), 1, json!({"ring_time_s": 9})),
        ("PATCH", "/v1/phones/p1/routing", json!({"hours": null}), 0, Value::Null),
        ("PUT", "/v1/phones/p1/pause", json!({"reason": "lunch"}), 1, Value::Null),
        ("DELETE", "/v1/phones/p1/pause", Value::Null, 0, Value::Null),
    ];
    let owned = writes.map(|(method, path, body, changes, result)| {
        (method, path.to_owned(), body, changes, result)
    });
    owned.into()
}

#[test]
fn dry_run_is_answered_as_if_it_were_done_and_changes_nothing() {
    let world = &mut World::new();
    world.key("read");
    let state = |world: &mut World| {
        let ring = "/v1/skills/Sales/ring-order";
        ["/v1/operator/accounts", "/v1/phones", ring, "/v1/account", "/v1/changes"]
            .map(|path| world.read(path))
    };
    let before = state(world);
    for (method, path, body, changes, result) in writes() {
        println!("{method} {path}");
        let dry = format!("{path}{}dry_run=true", if path.contains('?') { '&' } else { '?' });
        let tried = world.call(method, &dry, body);
        let status = match method {
            "PATCH" => 200,
            "POST" if path.ends_with("/revert") => 200,
            "POST" if path != MOVE => 201,
            _ => 204,
        };
        assert_eq!(tried.status, status, "{tried:?}");
        assert_eq!(tried.header("ringbook-dry-run"), Some(changes.to_string().as_str()));
        assert_eq!((tried.header("location"), tried.header("etag")), (None, None), "{tried:?}");
        for (name, value) in result.as_object().into_iter().flatten() {
            assert_eq!(tried.json.get(name), Some(value), "{name} of {tried:?}");
        }
        assert_eq!(state(world), before);
    }
}

#[test]
fn if_none_match_of_anything_refuses_every_write() {
    let world = &mut World::new();
    world.key("read");
    let before = world.read("/v1/changes");
    for (method, path, body, ..) in writes() {
        println!("{method} {path}");
        let key = format!("{method} {path}");
        let headers = [("If-None-Match", "*"), ("Idempotency-Key", &key)];
        let refused = world.call_with(method, &path, &headers, body);
        refused.assert_problem(412, "precondition_failed");
    }
    assert_eq!(world.read("/v1/changes"), before);
}

/// RFC 9110, section 13.1: weak tags are compared by `If-None-Match` alone, and any of a list counts.
#[test]
fn evaluates_lists_and_weak_tags_of_both_conditions() {
    let world = &mut World::new();
    for (path, method, body) in [
        ("/v1/phones/p1", "PATCH", json!({})),
        ("/v1/skills/Sales/ring-order", "PUT", json!({"phones": ["p1", "p2", "p3"]})),
        (ACME, "PATCH", json!({})),
        ("/v1/phones/p1/routing", "PATCH", json!({})),
    ] {
        let order = world.get(path);
        let body = match order.json["phones"].as_array() {
            Some(phones) if method == "PUT" => {
                json!({"phones": phones.iter().map(|phone| &phone["id"]).collect::<Vec<_>>()})
            }
            _ => body,
        };
        let etag = order.etag();
        let (list, weak) = (format!("\"other\", {etag}"), format!("\"other\", W/{etag}"));
        for (name, value, is_done) in [
            ("If-Match", "*", true),
            ("If-Match", &list, true),
            ("If-Match", &weak, false),
            ("If-Match", "\"other\"", false),
            ("If-Match", "\"a,*,c\"", false),
            ("If-Match", "other", false),
            ("If-Match", "", false),
            ("If-None-Match", "*", false),
            ("If-None-Match", &list, false),
            ("If-None-Match", &weak, false),
            ("If-None-Match", "\"other\"", true),
            ("If-None-Match", "\"a,*,c\"", true),
        ] {
            let answer = world.call_with(method, path, &[(name, value)], body.clone());
            if is_done {
                assert!(matches!(answer.status, 200 | 204), "{name}: {value}: {answer:?}");
            } else {
                answer.assert_problem(412, "precondition_failed");
            }
        }
    }
    let stale = world.call_with("GET", "/v1/phones/p1", &[("If-Match", "\"other\"")], Value::Null);
    stale.assert_problem(412, "precondition_failed");
}

/// Edits with the `ETag` of what was read, and then again with that of the older state.
#[test]
fn returns_412_for_a_stale_etag() {
    let world = &mut World::new();
    for (path, method, body) in [
        ("/v1/phones/p1", "PATCH", json!({"name": "Asha"})),
        ("/v1/skills/Sales/ring-order", "PUT", json!({"phones": ["p2", "p1"]})),
        (ACME, "PATCH", json!({"phone_number_limit": 4})),
    ] {
        let call = |world: &mut World, method: &str, etag: &str, body: &Value| {
            let header = if method == "GET" { "If-None-Match" } else { "If-Match" };
            world.call_with(method, path, &[(header, etag)], body.clone())
        };
        let etag = call(world, "GET", "\"\"", &Value::Null).etag();
        let edited = call(world, method, &etag, &body);
        assert!(matches!(edited.status, 200 | 204), "{edited:?}");
        let now = call(world, "GET", &etag, &Value::Null).etag();
        assert_eq!(edited.header("etag").unwrap_or(&now), now);
        let deletion = (method == "PATCH").then_some(("DELETE", &Value::Null));
        for (method, body) in [(method, &body)].into_iter().chain(deletion) {
            let stale = call(world, method, &etag, body);
            stale.assert_problem(412, "precondition_failed");
            assert_eq!(stale.json["etag"], now, "{method} {path}");
        }
        assert!(matches!(call(world, method, "*", &body).status, 200 | 204), "{path}");
    }
}

/// An `ETag` is a version: what is edited, and edited back, has another one. A restart changes none.
#[test]
fn a_state_that_comes_back_has_another_etag() {
    const RING: &str = "/v1/skills/Sales/ring-order";
    const P1: &str = "/v1/phones/p1";
    World::on_each_store(|world| {
        let renamed = ["Sales", "Idle", "Sales"];
        let rename = [0, 1].map(|n| {
            ("PATCH", format!("/v1/skills/{}", renamed[n]), json!({"name": renamed[n + 1]}))
        });
        let edit = |method, path: &str, bodies: [Value; 2]| {
            bodies.map(|body| (method, path.to_owned(), body))
        };
        let names = [json!({"name": "Asha"}), json!({"name": "Ravi"})];
        let orders = [json!({"phones": ["p2", "p1"]}), json!({"phones": ["p1", "p2"]})];
        let limits = [json!({"phone_number_limit": 7}), json!({"phone_number_limit": 1000})];
        for (path, edits) in [
            (P1, edit("PATCH", P1, names.clone())),
            (P1, rename.clone()),
            (RING, edit("PUT", RING, orders)),
            (RING, edit("PATCH", P1, names)),
            (RING, rename),
            (ACME, edit("PATCH", ACME, limits)),
        ] {
            let before = world.get(path);
            for (method, path, body) in &edits {
                world.done(method, path, body.clone());
            }
            let after = world.get(path);
            // An account shows its version as well.
            assert!(path == ACME || before.json == after.json, "{path}: {after:?}");
            assert_ne!(before.etag(), after.etag(), "{path}: {edits:?}");
            let (method, body) =
                if path == RING { ("PUT", json!({"phones": []})) } else { ("DELETE", Value::Null) };
            let stale = world.call_with(method, path, &[("If-Match", &before.etag())], body);
            stale.assert_problem(412, "precondition_failed");
            assert_eq!(stale.json["etag"], after.etag());
        }
        let etags = |world: &mut World| [P1, RING, ACME].map(|path| world.get(path).etag());
        let before = etags(world);
        world.restart();
        assert_eq!(etags(world), before);
        world.check();
    });
}

/// An earlier state has none, as nothing can be held against it.
#[test]
fn returns_an_earlier_state_without_an_etag() {
    let world = &mut World::new();
    let path = format!("/v1/phones/p1?at={}", world.now());
    let found = world.call_with("GET", &path, &[("If-None-Match", "*")], Value::Null);
    assert_eq!((found.status, found.header("etag")), (200, None), "{found:?}");
}

#[test]
fn returns_304_for_a_matching_etag() {
    let world = &mut World::new();
    for (path, edit) in [
        ("/v1/phones/p1", json!({"name": "Omar"})),
        ("/v1/skills/Sales/ring-order", json!({"unassign": ["Sales"]})),
    ] {
        let found = world.get(path);
        let etag = found.etag();
        let weak = format!("\"other\", W/{etag}");
        for known in [etag.as_str(), &weak, "*"] {
            let same = world.call_with("GET", path, &[("If-None-Match", known)], Value::Null);
            assert_eq!((same.status, same.etag()), (304, etag.clone()), "{path} {known}");
            assert_eq!((same.reply.body.as_str(), same.header("content-type")), ("", None));
        }
        world.done("PATCH", "/v1/phones/p1", edit);
        let other = world.call_with("GET", path, &[("If-None-Match", &etag)], Value::Null);
        assert_eq!(other.status, 200, "{path}");
        assert_ne!(other.json, found.json, "{path}");
    }
}

#[test]
fn accepts_an_identity_encoding_and_a_byte_order_mark_and_returns_the_allowed_methods() {
    let world = &mut World::new();
    let plain = [("Content-Encoding", "identity")];
    let credentials = world.credentials("/v1/phones");
    let headers = [plain[0], ("Authorization", credentials.as_str())];
    let body = "\u{feff}{\"number\": \"2001\", \"name\": \"Asha\"}";
    assert_eq!(world.exchange("POST", "/v1/phones", &headers, body).status, 201);
    let other = world.call("PUT", "/v1/phones/p1", json!({}));
    assert!(other.header("allow").unwrap_or_default().contains("PATCH"), "{other:?}");
    let without = world.request("POST", "/v1/phones", &[], json!([]));
    without.assert_problem(401, "unauthorized");
}

#[test]
fn forbids_to_store_answers_without_an_etag() {
    let world = &mut World::new();
    let created = json!({"name": "PBX", "scope": "read"});
    for (method, path, body, expected) in [
        ("POST", "/v1/account/keys", created, Some("no-store")),
        ("POST", "/v1/operator/accounts", json!({"user_name": "initech"}), Some("no-store")),
        ("GET", "/v1/account/keys", Value::Null, Some("no-store")),
        ("GET", "/v1/phones", Value::Null, Some("no-store")),
        ("GET", "/v1/none", Value::Null, Some("no-store")),
        ("GET", "/v1/phones/p1", Value::Null, None),
        ("GET", "/docs", Value::Null, Some("no-cache")),
    ] {
        let answer = world.call(method, path, body);
        assert_eq!(answer.header("cache-control"), expected, "{method} {path}");
    }
    let legacy = world.request("POST", "/ca_apis/PhoneManageV2/explain", &[], json!({}));
    assert_eq!(legacy.header("cache-control"), Some("no-store"));
}

/// The scheme in any case, and spaces around what follows.
#[test]
fn reads_credentials_as_they_may_be_written() {
    let world = &mut World::new();
    let call = |world: &mut World, path: &str, value: &str| {
        world.request("GET", path, &[("Authorization", value)], Value::Null)
    };
    for path in ["/v1/account", ACME] {
        let right = world.credentials(path);
        let (scheme, rest) = right.split_once(' ').unwrap();
        for scheme in [scheme.to_lowercase(), scheme.to_uppercase()] {
            assert_eq!(call(world, path, &format!("{scheme}  {rest} ")).status, 200, "{scheme}");
        }
        let long = format!("{scheme} {}", "A".repeat(1_028));
        for wrong in [scheme, "abc", &long] {
            call(world, path, wrong).assert_problem(401, "unauthorized");
        }
    }
    let missing = "send the account's userName and an API key as HTTP Basic credentials";
    let unreadable = "the Basic credentials cannot be read";
    for (value, detail) in [
        ("Basic", missing),
        ("Bearer YWNtZTprZXk=", missing),
        ("Basic ***", unreadable),
        ("Basic YWNtZQ==", unreadable),
        ("Basic /zo=", unreadable),
    ] {
        assert_eq!(call(world, "/v1/account", value).json["detail"], detail, "{value}");
    }
    // A key of colons is one, and the wrong one.
    let wrong = call(world, "/v1/account", "Basic YWNtZTo6Og==");
    assert_eq!(wrong.json["detail"], "userName or API key not valid");
}

/// Two values that differ are no credentials; equal ones count as one.
#[test]
fn rejects_two_different_authorization_headers() {
    let world = &mut World::new();
    for path in ["/v1/account", ACME] {
        let right = world.credentials(path);
        let call = |world: &mut World, other: &str| {
            let headers = [("Authorization", right.as_str()), ("Authorization", other)];
            world.request("GET", path, &headers, Value::Null)
        };
        call(world, "Basic YTpi").assert_problem(401, "unauthorized");
        assert_eq!(call(world, &right.clone()).status, 200);
    }
}

/// However early the server rejects a request, the client can send all of it and reads the answer.
#[test]
fn answers_after_a_large_body_that_is_rejected() {
    let world = &mut World::new();
    let file = many(400_000);
    let long = format!("{{\"name\": \"{}\"}}", "x".repeat(8_000_000));
    for (path, kind, key, body, status) in [
        ("/v1/imports", "text/plain", "a", &file, 415),
        ("/v1/imports?mode=fast", "text/csv", "b", &file, 422),
        ("/v1/imports", "text/csv", "\u{e9}", &file, 400),
        ("/v1/imports?mode=keep_going", "text/csv", "\u{e9}", &file, 400),
        ("/v1/phones", "application/json", "d", &long, 413),
    ] {
        let refused = world.send(path, kind, &[("Idempotency-Key", key)], body);
        assert_eq!(refused.status, status, "{path}: {refused:?}");
    }
    world.read("/v1/phones/p1");
}

#[test]
fn refuses_a_body_that_is_not_the_one_of_its_content_digest() {
    let world = &mut World::new();
    world.limit(9_000);
    let sha256 = |body: &str| STANDARD.encode(Sha256::digest(body));
    let (file, phone) = (many(1_200), r#"{"number": "2001", "name": "Asha"}"#);
    let (wrong, right) = (sha256(""), sha256(&file));
    let sha512 = STANDARD.encode(Sha512::digest(&file));
    for (path, kind, digest, body, answer) in [
        ("/v1/phones", "application/json", format!("sha-256=:{wrong}:"), phone, "digest_mismatch"),
        ("/v1/phones", "application/json", "sha-256=:AAAA:".into(), phone, "invalid_header"),
        (
            "/v1/phones",
            "application/json",
            format!("md5=:x:, sha-256=:{}:", sha256(phone)),
            phone,
            "",
        ),
        ("/v1/imports", "text/csv", format!("sha-256=:{wrong}:"), &file, "digest_mismatch"),
        (
            "/v1/imports?mode=keep_going",
            "text/csv",
            format!("sha-256=:{wrong}:"),
            "number,name\n1,a",
            "digest_mismatch",
        ),
        (
            "/v1/imports?dry_run=true",
            "text/csv",
            format!("sha-512=:{sha512}:, sha-256=:{right}:"),
            &file,
            "",
        ),
        (
            "/v1/imports?dry_run=true",
            "text/csv",
            format!("sha-512=:{sha512}:, sha-256=:{wrong}:"),
            &file,
            "digest_mismatch",
        ),
    ] {
        let sent = world.send(path, kind, &[("Content-Digest", &digest)], body);
        match answer {
            "" => assert!(sent.status < 300, "{path} {digest} {sent:?}"),
            code => sent.assert_problem(400, code),
        }
    }
    // What was done of a file before its end came stays done.
    let wrong = format!("sha-256=:{wrong}:");
    let digest = [("Content-Digest", &*wrong)];
    let stopped = world.send("/v1/imports?mode=keep_going", "text/csv", &digest, &file);
    let summary = &stopped.json["summary"];
    assert_eq!(summary["stopped"]["code"], "digest_mismatch", "{summary}");
    assert_eq!((stopped.status, &summary["rows"]), (201, &json!(1_000)));
}
