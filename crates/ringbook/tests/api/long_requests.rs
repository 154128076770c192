//! Requests with long lists and long texts get short answers.

use serde_json::{Value, json};

use crate::world::World;

const ANSWER_BYTES_MAX: usize = 300_000;

/// Control characters take the most space in an answer.
fn texts(count: usize, characters: usize) -> Vec<String> {
    (0..count).map(|n| format!("{}{n}", "\u{1}".repeat(characters))).collect()
}

#[test]
fn answers_a_long_request_in_300_kb() {
    let world = &mut World::new();
    let members: serde_json::Map<_, _> =
        texts(50_000, 8).into_iter().map(|name| (name, json!(0))).collect();
    let long = "\u{1}".repeat(500_000);
    for (method, path, body, status, code, more) in [
        ("POST", "/v1/phones", json!({"skills": texts(400_000, 0)}), 422, "invalid_fields", None),
        (
            "POST",
            "/v1/phones",
            json!({"number": "911", "name": "Asha", "skills": texts(10_000, 50)}),
            422,
            "no_such_skill",
            Some("and 9900 more"),
        ),
        (
            "PATCH",
            "/v1/phones/p1",
            json!({"number": "1001", "assign": texts(9_000, 9), "unassign": texts(9_000, 9)}),
            422,
            "no_such_skill",
            Some("and 17901 more"),
        ),
        (
            "PATCH",
            "/v1/phones/p1",
            Value::Object(members),
            422,
            "invalid_fields",
            Some("and 49900 more"),
        ),
        ("PATCH", "/v1/account", json!({ &long: 0 }), 422, "invalid_fields", None),
        ("PATCH", "/v1/phones/p1", json!({"name": long}), 422, "invalid_fields", None),
        ("PATCH", "/v1/phones/p1", json!({"assign": [long]}), 422, "no_such_skill", None),
        (
            "PUT",
            "/v1/skills/Sales/ring-order",
            json!({"phones": texts(400_000, 0)}),
            422,
            "invalid_fields",
            None,
        ),
        (
            "POST",
            "/v1/skills/Sales/ring-order/move",
            json!({"phone": long, "place": 1}),
            422,
            "no_such_phone",
            None,
        ),
        ("POST", "/v1/skills", json!({"name": long}), 422, "invalid_fields", None),
    ] {
        let key = format!("{method} {path} {}", body.to_string().len());
        // A retry gets what was recorded, if the request came so far.
        for _ in 0..2 {
            let answer = world.call_with(method, path, &[("Idempotency-Key", &key)], body.clone());
            let found = (answer.status, answer.json["code"].as_str());
            assert_eq!(found, (status, Some(code)), "{key}");
            assert!(answer.reply.body.len() < ANSWER_BYTES_MAX, "{}", answer.reply.body.len());
            let last = more.map(|_| answer.list("errors").last().unwrap()["detail"].clone());
            assert_eq!(last, more.map(Value::from), "{key}");
        }
    }
    let query = (0..1_500).map(|n| format!("&{n}=%01")).collect::<Vec<_>>().concat();
    let unknown = world.get(&format!("/v1/phones?{query}"));
    unknown.assert_problem(422, "invalid_query");
    assert_eq!(unknown.list("errors").last().unwrap()["detail"], "and 1400 more");
    let twice = world.get(&format!("/v1/phones?{}", "&skill=x".repeat(1_500)));
    assert_eq!(twice.list("errors").len(), 1);
    let path = format!("/v1/{}", "%01".repeat(4_000));
    assert!(world.get(&path).reply.body.len() < ANSWER_BYTES_MAX);
}

/// The results of rows tell ten errors of each, and not of each row if there are too many.
#[test]
fn answers_long_rows_shortly() {
    let world = &mut World::new();
    let row = json!({"action": "create", "number": "911", "name": "Asha",
        "skills": texts(1_000, 9)});
    let unknown: serde_json::Map<_, _> =
        texts(1_000, 5).into_iter().map(|name| (name, json!(0))).collect();
    let long = json!({"action": "\u{1}".repeat(10_000), "name": "\u{1}".repeat(500)});
    for row in [row, Value::Object(unknown), long] {
        let file = format!("{row}\n").repeat(2_000);
        let all = world.send("/v1/bulk", "application/jsonl", &[], &file);
        all.assert_problem(422, "rows_refused");
        assert_eq!(all.json["refused"], 2_000);
        assert!(all.reply.body.len() < ANSWER_BYTES_MAX, "{}", all.reply.body.len());
        let errors = all.list("rows")[0]["errors"].as_array().unwrap();
        assert!(errors.len() <= 11, "{errors:?}");

        let key = row.to_string();
        let key = [("Idempotency-Key", &key[..50])];
        let path = "/v1/bulk?mode=keep_going";
        let good = world.send(path, "application/jsonl", &key, &file);
        let body = &good.reply.body;
        assert!(body.len() < 2 << 20, "{}", body.len());
        assert_eq!(body.matches("\"status\":\"refused\"").count(), 2_000);
    }
}
