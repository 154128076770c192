//! `GET /v1/phones`

use serde_json::{Value, json};

use crate::world::{Answer, World};

fn names(answer: &Answer) -> Vec<&str> {
    let phones = answer.json["phones"].as_array().expect("a list");
    phones.iter().map(|phone| phone["name"].as_str().unwrap()).collect()
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
        ("?sort=name", vec!["Desk-1", "Mira", "Ravi"]),
        ("?sort=-name", vec!["Ravi", "Mira", "Desk-1"]),
        ("?sort=number", vec!["Mira", "Desk-1", "Ravi"]),
        ("?sort=-created", vec!["Desk-1", "Mira", "Ravi"]),
    ] {
        let answer = world.call("GET", &format!("/v1/phones{query}"), Value::Null);
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        assert_eq!(names(&answer), expected, "{query}");
        assert_eq!(answer.json.get("next"), None, "{query}");
    }
    let whole = world.call("GET", "/v1/phones?sort=number", Value::Null);
    let ravi = json!({
        "id": "p1", "number": "919876543210", "name": "Ravi", "skills": ["Sales", "Support"]
    });
    assert_eq!(whole.json["phones"][2], ravi);
    for sort in ["created", "-created", "number", "-number", "name", "-name"] {
        let whole = world.call("GET", &format!("/v1/phones?sort={sort}"), Value::Null);
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        for _ in 0..3 {
            let page = format!("/v1/phones?sort={sort}&limit=1{cursor}");
            let page = world.call("GET", &page, Value::Null);
            paged.push(page.json["phones"][0].clone());
            let next = page.json["next"].as_str();
            cursor = next.map_or_else(String::new, |next| format!("&cursor={next}"));
        }
        assert_eq!(cursor, "", "{sort}: the third page is the last one");
        assert_eq!(Value::from(paged), whole.json["phones"], "{sort}");
    }
}

#[test]
fn lists_all_invalid_query_parameters() {
    let world = &mut World::new();
    let answer = world.call("GET", "/v1/phones?limit=0&sort=size&colour=red&at=now", Value::Null);
    assert_eq!((answer.status, answer.code()), (400, "invalid_query"));
    let fields: Vec<_> = answer.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["sort", "limit", "at", "colour"]);
    let answer = world.call("GET", "/v1/phones?foo=1&limit=x&sort=size&cursor=zzz", Value::Null);
    assert_eq!((answer.status, answer.code()), (400, "invalid_query"));
    let fields: Vec<_> = answer.errors().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["sort", "cursor", "limit", "foo"]);
    let answer = world.call("GET", "/v1/phones?skill=Bogus", Value::Null);
    assert_eq!((answer.status, answer.code()), (404, "no_such_skill"));
}

#[test]
fn rejects_a_cursor_of_another_order() {
    let world = &mut World::new();
    let page = world.call("GET", "/v1/phones?sort=name&limit=1", Value::Null);
    let cursor = page.json["next"].as_str().unwrap();
    for (query, told) in [
        (format!("sort=-name&cursor={cursor}"), "the cursor is of a list that is sorted otherwise"),
        (format!("cursor={cursor}"), "the cursor is of a list that is sorted otherwise"),
        ("cursor=".into(), "the cursor is empty: the first page is asked for without one"),
        ("cursor=xyz".into(), "the cursor cannot be read"),
    ] {
        let answer = world.call("GET", &format!("/v1/phones?{query}"), Value::Null);
        assert_eq!((answer.status, answer.code()), (400, "invalid_cursor"), "{query}");
        assert_eq!(answer.json["detail"], told, "{query}");
    }
    // Of an order that is none, nothing is said.
    let answer = world.call("GET", &format!("/v1/phones?sort=size&cursor={cursor}"), Value::Null);
    assert_eq!(answer.errors().len(), 1, "{answer:?}");
}
