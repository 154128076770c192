//! What holds for every request, whatever it is about.

use serde_json::{Value, json};

use crate::bulk::many;
use crate::world::World;

/// The narrowest scope that each route accepts; `description` checks that none is missing.
pub const SCOPES: [(&str, &str, &str); 29] = [
    ("GET", "/v1/account", "read"),
    ("PATCH", "/v1/account", "full"),
    ("GET", "/v1/account/keys", "full"),
    ("POST", "/v1/account/keys", "full"),
    ("GET", "/v1/account/keys/1", "full"),
    ("PATCH", "/v1/account/keys/1", "full"),
    ("DELETE", "/v1/account/keys/1", "full"),
    ("POST", "/v1/account/keys/1/rotate", "full"),
    ("GET", "/v1/changes", "read"),
    ("GET", "/v1/changes?after=0", "read"),
    ("GET", "/v1/changes/1", "read"),
    ("POST", "/v1/changes/1/revert", "full"),
    ("GET", "/v1/explain/ring?skill=Sales&number=1001", "read"),
    ("GET", "/v1/exports", "read"),
    ("POST", "/v1/imports", "full"),
    ("GET", "/v1/phones", "read"),
    ("POST", "/v1/phones", "full"),
    ("POST", "/v1/phones:bulk", "full"),
    ("GET", "/v1/phones/p1", "read"),
    ("PATCH", "/v1/phones/p1", "full"),
    ("DELETE", "/v1/phones/p1", "full"),
    ("GET", "/v1/skills", "read"),
    ("POST", "/v1/skills", "full"),
    ("GET", "/v1/skills/Sales", "read"),
    ("PATCH", "/v1/skills/Sales", "full"),
    ("DELETE", "/v1/skills/Sales", "full"),
    ("GET", "/v1/skills/Sales/ring-order", "routing"),
    ("PUT", "/v1/skills/Sales/ring-order", "full"),
    ("POST", "/v1/skills/Sales/ring-order:move", "full"),
];

#[test]
fn rejects_missing_wrong_and_narrow_keys() {
    let world = &mut World::new();
    let keys = ["routing", "read"].map(|scope| (scope, world.key(scope)));
    for (method, path, needs) in SCOPES {
        world.wait_a_minute();
        let without = world.request(method, path, &[], Value::Null);
        assert_eq!((without.status, without.code()), (401, "unauthorized"), "{method} {path}");
        let challenge = without.header("www-authenticate").unwrap_or_default();
        assert!(challenge.starts_with("Basic "), "{challenge}");
        for key in ["no such key", &world.globex.clone()] {
            let wrong = world.call_as(("acme", key), method, path, Value::Null);
            assert_eq!((wrong.status, wrong.code()), (401, "unauthorized"), "{method} {path}");
        }
        for (scope, key) in &keys {
            let answer = world.call_as(("acme", key), method, path, Value::Null);
            if needs == "full" || (needs, *scope) == ("read", "routing") {
                assert_eq!((answer.status, answer.code()), (403, "wrong_scope"), "{method} {path}");
            } else {
                assert_eq!(answer.status, 200, "{method} {path}: {answer:?}");
            }
        }
    }
}

/// Whoever was refused as something was not there, or was otherwise, is refused when it is.
#[test]
fn replays_a_refusal_after_its_cause_is_gone() {
    World::on_each_store(|world| {
        let stale = "\"an older state\"";
        let cases = [
            ("DELETE", "/v1/phones/66002", Value::Null, None, 404),
            ("PATCH", "/v1/phones/66002", json!({"name": "Omar"}), None, 404),
            ("PATCH", "/v1/phones/p1", json!({"name": "Omar"}), Some(stale), 412),
            ("DELETE", "/v1/phones/p1", Value::Null, Some(stale), 412),
            ("PATCH", "/v1/skills/Late", json!({"name": "Later"}), None, 404),
            ("PUT", "/v1/skills/Late/ring-order", json!({"phones": []}), Some(stale), 404),
            ("PATCH", "/v1/account/keys/20", json!({"name": "Other"}), None, 404),
            ("POST", "/v1/account/keys/20/rotate", json!({}), None, 404),
            ("POST", "/v1/changes/20/revert", json!({}), None, 404),
        ];
        let mut first = Vec::new();
        for (index, (method, path, body, etag, status)) in cases.iter().enumerate() {
            let key = index.to_string();
            let mut headers = vec![("Idempotency-Key", key.as_str())];
            headers.extend(etag.map(|etag| ("If-Match", etag)));
            let refused = world.call_with(method, path, &headers, body.clone());
            assert_eq!(refused.status, *status, "{method} {path}: {refused:?}");
            first.push(refused);
        }
        let asha = json!({"number": "66002", "name": "Asha"});
        assert_eq!(world.call("POST", "/v1/phones", asha).status, 201);
        assert_eq!(world.call("POST", "/v1/skills", json!({"name": "Late"})).status, 201);
        while world.call("GET", "/v1/changes/20", Value::Null).status == 404 {
            world.key("read");
        }
        assert_eq!(world.call("GET", "/v1/account/keys/20", Value::Null).status, 200);
        for (index, (method, path, body, etag, status)) in cases.iter().enumerate() {
            let key = index.to_string();
            let mut headers = vec![("Idempotency-Key", key.as_str())];
            headers.extend(etag.map(|etag| ("If-Match", etag)));
            let again = world.call_with(method, path, &headers, body.clone());
            assert_eq!(
                (again.status, &again.json),
                (*status, &first[index].json),
                "{method} {path}"
            );
            assert_eq!(again.header("idempotent-replayed"), Some("true"), "{method} {path}");
            assert_eq!(again.header("content-type"), Some("application/problem+json"));
            let other = world.call_with("DELETE", "/v1/phones/p2", &headers[..1], Value::Null);
            assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"));
        }
        // What is wrong with the request itself is mended, and sent with the same key.
        let key = [("Idempotency-Key", "mended")];
        let wrong = world.call_with("PATCH", "/v1/phones/p1", &key, json!({"name": ""}));
        assert_eq!((wrong.status, wrong.code()), (422, "invalid_fields"));
        let mended = world.call_with("PATCH", "/v1/phones/p1", &key, json!({"name": "Omar"}));
        assert_eq!(mended.status, 200, "{mended:?}");
    });
}

#[test]
fn rejects_if_match_where_it_is_not_supported() {
    let world = &mut World::new();
    let known = [("If-Match", "\"some state\"")];
    for (method, path, body) in [
        ("POST", "/v1/phones", json!({"number": "2001", "name": "Asha"})),
        ("POST", "/v1/skills", json!({"name": "New"})),
        ("PATCH", "/v1/skills/Sales", json!({"name": "Verkauf"})),
        ("DELETE", "/v1/skills/Sales?unassign=true", Value::Null),
        ("PATCH", "/v1/account", json!({"api_authentication": "TOKEN_AUTH"})),
        ("POST", "/v1/account/keys", json!({"name": "New", "scope": "read"})),
        ("PATCH", "/v1/account/keys/0", json!({"name": "Other"})),
        ("DELETE", "/v1/account/keys/0", Value::Null),
        ("POST", "/v1/account/keys/0/rotate", json!({})),
        ("POST", "/v1/changes/5/revert", json!({})),
    ] {
        let refused = world.call_with(method, path, &known, body);
        assert_eq!((refused.status, refused.code()), (400, "invalid_header"), "{method} {path}");
    }
    for path in ["/v1/imports", "/v1/imports?mode=keep_going", "/v1/phones:bulk?dry_run=true"] {
        let refused = world.send(path, "text/csv", &known, "number,name\n2001,Asha\n");
        assert_eq!((refused.status, refused.code()), (400, "invalid_header"), "{path}");
    }
    let phones = world.call("GET", "/v1/phones", Value::Null);
    assert_eq!(phones.json["phones"].as_array().map(Vec::len), Some(3));
    let skills = world.call("GET", "/v1/skills", Value::Null);
    assert_eq!(skills.json["skills"][0]["name"], "Sales");
}

#[test]
fn returns_304_for_a_matching_etag() {
    let world = &mut World::new();
    for (path, edit) in [
        ("/v1/phones/p1", json!({"name": "Omar"})),
        ("/v1/skills/Sales/ring-order", json!({"unassign": ["Sales"]})),
    ] {
        let found = world.call("GET", path, Value::Null);
        let etag = found.header("etag").unwrap().to_owned();
        let weak = format!("\"other\", W/{etag}");
        for known in [etag.as_str(), &weak, "*"] {
            let same = world.call_with("GET", path, &[("If-None-Match", known)], Value::Null);
            assert_eq!((same.status, same.header("etag")), (304, Some(&*etag)), "{path} {known}");
            assert_eq!((same.reply.body.as_str(), same.header("content-type")), ("", None));
        }
        assert_eq!(world.call("PATCH", "/v1/phones/p1", edit).status, 200);
        let other = world.call_with("GET", path, &[("If-None-Match", &etag)], Value::Null);
        assert_eq!(other.status, 200, "{path}");
        assert_ne!(other.json, found.json, "{path}");
    }
}

#[test]
fn returns_404_for_invalid_paths() {
    let world = &mut World::new();
    for path in [
        "/v1",
        "/v1/",
        "/v1//",
        "/v1/phones/",
        "/v1/phones/%ff",
        "/v1/skills/%ff",
        "/v1/skills/%ff/ring-order",
        "/v1/account/keys/%ff",
        "/v1/changes/%ff",
    ] {
        let none = world.call("GET", path, Value::Null);
        assert_eq!((none.status, none.code()), (404, "no_such_path"), "{path}");
    }
}

#[test]
fn rejects_encoded_bodies() {
    let world = &mut World::new();
    let body = json!({"number": "2001", "name": "Asha"});
    for encoding in ["gzip", "br", "identity, gzip"] {
        let headers = [("Content-Encoding", encoding)];
        let json = world.call_with("POST", "/v1/phones", &headers, body.clone());
        let file = world.send("/v1/imports", "text/csv", &headers, "number,name\n");
        for refused in [json, file] {
            assert_eq!((refused.status, refused.code()), (415, "unsupported_type"));
            let detail = refused.json["detail"].as_str().unwrap();
            assert!(detail.contains(encoding), "{detail}");
        }
    }
    let plain = [("Content-Encoding", "identity")];
    assert_eq!(world.call_with("POST", "/v1/phones", &plain, body).status, 201);
    let marked = world.send("/v1/phones", "application/json", &[], "\u{feff}{}");
    assert_eq!((marked.status, marked.code()), (400, "invalid_json"));
    let detail = marked.json["detail"].as_str().unwrap();
    assert!(detail.contains("byte order mark"), "{detail}");
}

/// However early it is refused: the client can send all of it, and then reads why, and goes on
/// with the same connection.
#[test]
fn drains_a_large_body_that_is_rejected() {
    let world = &mut World::new();
    let file = many(400_000);
    let long = format!("{{\"name\": \"{}\"}}", "x".repeat(8_000_000));
    for (path, kind, key, body, status) in [
        ("/v1/imports", "text/plain", "a", &file, 415),
        ("/v1/imports?mode=fast", "text/csv", "b", &file, 400),
        ("/v1/imports", "text/csv", "\u{e9}", &file, 400),
        ("/v1/imports?mode=keep_going", "text/csv", "\u{e9}", &file, 400),
        ("/v1/phones", "application/json", "d", &long, 413),
    ] {
        let refused = world.send(path, kind, &[("Idempotency-Key", key)], body);
        assert_eq!(refused.status, status, "{path}: {refused:?}");
    }
    assert_eq!(world.call("GET", "/v1/phones/p1", Value::Null).status, 200);
}
