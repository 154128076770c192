//! `/v1/skills/{skill}/ring-order`

use serde_json::{Value, json};

use crate::world::World;

const PATH: &str = "/v1/skills/Sales/ring-order";

/// The names in ring order.
fn ring(world: &mut World) -> Vec<String> {
    let answer = world.call("GET", PATH, Value::Null);
    assert_eq!(answer.status, 200, "{answer:?}");
    let phones = answer.json["phones"].as_array().unwrap();
    phones.iter().map(|phone| phone["name"].as_str().unwrap().to_owned()).collect()
}

/// Another phone for Sales, so that there are three.
fn three(world: &mut World) {
    let body = json!({"assign": ["Sales"]});
    assert_eq!(world.call("PATCH", "/v1/phones/p3", body).status, 200);
    assert_eq!(ring(world), ["Ravi", "Mira", "Desk-1"]);
}

#[test]
fn moves_one_phone_and_keeps_the_order_of_the_others() {
    let world = &mut World::new();
    three(world);
    for (phone, place, expected) in [
        ("1001", 1, ["Desk-1", "Ravi", "Mira"]),
        ("p1", 3, ["Desk-1", "Mira", "Ravi"]),
        ("p3", 99, ["Mira", "Ravi", "Desk-1"]),
        ("+14155550123", 1, ["Mira", "Ravi", "Desk-1"]),
    ] {
        let body = json!({"phone": phone, "place": place});
        let moved = world.call("POST", &format!("{PATH}:move"), body);
        assert_eq!(moved.status, 204, "{moved:?}");
        assert_eq!(ring(world), expected, "{phone} to {place}");
    }
    for (body, status, code) in [
        (json!({"phone": "p1", "place": 0}), 422, "invalid_fields"),
        (json!({"phone": "p1"}), 422, "invalid_fields"),
        (json!({"phone": "p9", "place": 1}), 404, "no_such_phone"),
        (json!({"phone": "7777", "place": 1}), 404, "no_such_phone"),
    ] {
        let refused = world.call("POST", &format!("{PATH}:move"), body.clone());
        assert_eq!((refused.status, refused.code()), (status, code), "{body}");
    }
    for place in [json!(0), json!(-1), json!(1.5), json!("1")] {
        let body = json!({"phone": "p1", "place": place});
        let refused = world.call("POST", &format!("{PATH}:move"), body);
        assert_eq!(refused.json["detail"], "place: must be a whole number, counted from 1");
    }
}

#[test]
fn replaces_a_whole_ring_order() {
    let world = &mut World::new();
    three(world);
    let body = json!({"phones": ["p3", "919876543210", "p2"]});
    let tried = world.call("PUT", &format!("{PATH}?dry_run=true"), body.clone());
    assert_eq!((tried.status, &tried.json["dry_run"]), (200, &json!(true)));
    assert_eq!(ring(world), ["Ravi", "Mira", "Desk-1"]);
    assert_eq!(world.call("PUT", PATH, body).status, 204);
    assert_eq!(ring(world), ["Desk-1", "Ravi", "Mira"]);
    for (body, status, code) in [
        (json!({"phones": ["p1", "p2"]}), 409, "not_whole"),
        (json!({"phones": ["p1", "p2", "p3", "p1"]}), 422, "invalid_fields"),
        (json!({"phones": "p1"}), 422, "invalid_fields"),
        (json!({}), 422, "invalid_fields"),
    ] {
        let refused = world.call("PUT", PATH, body.clone());
        assert_eq!((refused.status, refused.code()), (status, code), "{body}: {refused:?}");
    }
}

#[test]
fn returns_412_for_a_stale_etag_of_a_ring_order() {
    let world = &mut World::new();
    three(world);
    let known = world.call("GET", PATH, Value::Null);
    let known = [("If-Match", known.header("etag").unwrap().to_owned())];
    let known: Vec<_> = known.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let body = json!({"phones": ["p2", "p1", "p3"]});
    assert_eq!(world.call_with("PUT", PATH, &known, body.clone()).status, 204);
    let refused = world.call_with("PUT", PATH, &known, body);
    assert_eq!((refused.status, refused.code()), (412, "precondition_failed"));
}

#[test]
fn lists_all_errors_of_a_ring_order() {
    let world = &mut World::new();
    let error = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    let body = json!({"phones": ["p1", "p3", "7777", "p1"]});
    let refused = world.call("PUT", PATH, body);
    assert_eq!((refused.status, refused.code()), (409, "several_faults"));
    let codes = ["not_assigned", "no_such_phone", "invalid_fields", "not_whole"];
    assert_eq!(refused.errors(), codes.map(|code| error("/phones", code)));
    let refused = world.call("PUT", PATH, json!({"phones": ["p1", "p2", "p2"]}));
    assert_eq!((refused.status, refused.code()), (422, "invalid_fields"));
    assert_eq!(refused.errors(), [error("/phones", "invalid_fields")]);
    let refused = world.call("PUT", PATH, json!({"phones": ["p1", 7, null]}));
    assert_eq!(
        refused.json["errors"][0]["detail"],
        "phones: item 1: must be a string; item 2: must be a string"
    );
    let body = json!({"phone": "p3", "place": 1});
    let refused = world.call("POST", &format!("{PATH}:move"), body);
    assert_eq!((refused.status, refused.code()), (409, "not_assigned"));
    assert_eq!(refused.errors(), [error("/phone", "not_assigned")]);
    let refused = world.call("PATCH", "/v1/skills/Sales", json!({"name": "Support"}));
    assert_eq!(refused.errors(), [error("/name", "skill_exists")]);
}
