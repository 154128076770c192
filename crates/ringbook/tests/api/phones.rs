//! `/v1/phones`

use serde_json::{Value, json};

use crate::world::World;

#[test]
fn creates_and_deletes_a_phone_at_its_location() {
    let world = &mut World::new();
    let body = json!({"number": "2001", "name": "Asha", "skills": ["Support", "Sales"]});
    let made = world.call("POST", "/v1/phones", body);
    let expected =
        json!({"id": "p4", "number": "2001", "name": "Asha", "skills": ["Sales", "Support"]});
    assert_eq!((made.status, &made.json), (201, &expected));
    assert_eq!(made.header("location"), Some("/v1/phones/p4"));
    let found = world.get("/v1/phones/p4");
    assert_eq!((found.status, &found.json, found.etag()), (200, &expected, made.etag()));
    // A new phone rings last.
    let ring = world.get("/v1/skills/Sales/ring-order");
    assert_eq!(ring.column("phones", "id"), ["p1", "p2", "p4"]);
    for (places, ids) in [
        ("from=2", &["p2", "p4"][..]),
        ("limit=2", &["p1", "p2"]),
        ("from=2&limit=1", &["p2"]),
        ("from=4&limit=1000", &[]),
    ] {
        let part = world.get(&format!("/v1/skills/Sales/ring-order?{places}"));
        assert_eq!(part.texts("phones", "id"), ids, "{places}");
        assert_eq!(part.etag(), ring.etag());
    }
    world.get("/v1/skills/Sales/ring-order?from=0").assert_problem(422, "invalid_query");
    world.delete("/v1/phones/p4");
    for method in ["GET", "DELETE"] {
        world.call(method, "/v1/phones/p4", Value::Null).assert_problem(404, "no_such_phone");
    }
}

#[test]
fn finds_a_phone_by_id_and_by_number() {
    let world = &mut World::new();
    for path in ["/v1/phones/p2", "/v1/phones/+14155550123", "/v1/phones/%2B14155550123"] {
        assert_eq!(world.read(path)["name"], "Mira", "{path}");
    }
}

/// Their answers are written by hand.
#[test]
fn escapes_the_names_of_skills() {
    let world = &mut World::new();
    let skills = ["\"A\"", "Größe", "\\B", "a\u{200d}b"];
    for name in skills {
        world.done("POST", "/v1/skills", json!({"name": name}));
    }
    let body = json!({"number": "+919876543211", "name": "Noor", "skills": skills});
    let made = world.done("POST", "/v1/phones", body).json;
    let mut sorted = skills;
    sorted.sort_unstable();
    let expected = json!({"id": "p4", "number": "+919876543211", "name": "Noor", "skills": sorted});
    assert_eq!(made, expected);
    assert_eq!(world.read("/v1/phones?name=Noor")["items"], json!([expected]));
}

#[test]
fn edits_only_the_given_fields() {
    let world = &mut World::new();
    for (body, expected) in [
        (json!({}), json!(["919876543210", "Ravi", ["Sales", "Support"]])),
        (json!({"number": "2001"}), json!(["2001", "Ravi", ["Sales", "Support"]])),
        (json!({"name": "ravi"}), json!(["2001", "ravi", ["Sales", "Support"]])),
        (json!({"unassign": ["Sales"]}), json!(["2001", "ravi", ["Support"]])),
        (
            json!({"assign": ["Sales"], "unassign": ["Support"], "name": "Asha"}),
            json!(["2001", "Asha", ["Sales"]]),
        ),
        (json!({"skills": []}), json!(["2001", "Asha", []])),
    ] {
        let edited = world.call("PATCH", "/v1/phones/p1", body.clone());
        let shown = json!([edited.json["number"], edited.json["name"], edited.json["skills"]]);
        assert_eq!((edited.status, &shown), (200, &expected), "{body}");
        let found = world.get("/v1/phones/p1");
        assert_eq!((&found.json, found.etag()), (&edited.json, edited.etag()));
    }
}

#[test]
fn filters_sorts_and_pages_phones() {
    let world = &mut World::new();
    for (query, expected) in [
        ("", vec!["Ravi", "Mira", "Desk-1"]),
        ("?skill=Sales", vec!["Ravi", "Mira"]),
        ("?number=%2B14155550123", vec!["Mira"]),
        ("?number=+14155550123", vec!["Mira"]),
        ("?number=14155550123", vec![]),
        ("?name=ravi", vec!["Ravi"]),
        ("?number_prefix=91", vec!["Ravi"]),
        ("?name_prefix=de", vec!["Desk-1"]),
        ("?contains=001", vec!["Desk-1"]),
        ("?contains=RA", vec!["Ravi", "Mira"]),
        ("?skill=Support&contains=ra", vec!["Ravi"]),
        ("?number=1001&skill=Sales", vec![]),
        ("?without_skill=true", vec![]),
        ("?without_skill=false&skill=Sales", vec!["Ravi", "Mira"]),
        ("?sort=name", vec!["Desk-1", "Mira", "Ravi"]),
        ("?sort=-name", vec!["Ravi", "Mira", "Desk-1"]),
        ("?sort=number", vec!["Mira", "Desk-1", "Ravi"]),
        ("?sort=-created", vec!["Desk-1", "Mira", "Ravi"]),
    ] {
        let answer = world.get(&format!("/v1/phones{query}"));
        assert_eq!(answer.column("items", "name"), expected, "{query}");
        assert_eq!((answer.status, &answer.json["next"]), (200, &Value::Null), "{query}");
        let mark = if query.is_empty() { '?' } else { '&' };
        let counted = world.get(&format!("/v1/phones{query}{mark}count=true&limit=1"));
        let count = counted.header("ringbook-count").map(str::to_owned);
        assert_eq!(count, Some(expected.len().to_string()), "{query}");
    }
    world.done("PATCH", "/v1/phones/p3", json!({"unassign": ["Support"]}));
    let without = world.get("/v1/phones?without_skill=true&contains=desk");
    assert_eq!(without.column("items", "name"), ["Desk-1"]);
    world.done("PATCH", "/v1/phones/p3", json!({"assign": ["Support"]}));
    let ravi = json!({
        "id": "p1", "number": "919876543210", "name": "Ravi", "skills": ["Sales", "Support"]
    });
    assert_eq!(world.read("/v1/phones?sort=number")["items"][2], ravi);
    for sort in ["created", "-created", "number", "-number", "name", "-name"] {
        let whole = world.read(&format!("/v1/phones?sort={sort}"));
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        for _ in 0..3 {
            let page = world.read(&format!("/v1/phones?sort={sort}&limit=1{cursor}"));
            paged.push(page["items"][0].clone());
            let next = page["next"].as_str();
            cursor = next.map_or_else(String::new, |next| format!("&cursor={next}"));
        }
        assert_eq!(cursor, "", "{sort}: the third page is the last one");
        assert_eq!(Value::from(paged), whole["items"], "{sort}");
    }
    assert_eq!(world.get_as_globex("/v1/phones").json, json!({"items": [], "next": null}));
}
