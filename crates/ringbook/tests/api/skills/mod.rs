//! `/v1/skills`

mod ring_order;

use serde_json::{Value, json};

use crate::world::World;

#[test]
fn returns_404_for_a_skill_of_another_account() {
    let world = &mut World::new();
    let globex = world.globex.clone();
    for (method, path, body) in [
        ("GET", "/v1/skills/Sales", Value::Null),
        ("PATCH", "/v1/skills/Sales", json!({"name": "Other"})),
        ("DELETE", "/v1/skills/Sales", Value::Null),
        ("GET", "/v1/skills/Sales/ring-order", Value::Null),
        ("PUT", "/v1/skills/Sales/ring-order", json!({"phones": []})),
        ("POST", "/v1/skills/Sales/ring-order:move", json!({"phone": "p1", "place": 1})),
    ] {
        let answer = world.call_as(("globex", &globex), method, path, body);
        assert_eq!((answer.status, answer.code()), (404, "no_such_skill"), "{method} {path}");
    }
    let listed = world.call_as(("globex", &globex), "GET", "/v1/skills", Value::Null);
    assert_eq!(listed.json, json!({"skills": []}));
}

#[test]
fn creates_renames_and_deletes_skills() {
    let world = &mut World::new();
    let made = world.call("POST", "/v1/skills", json!({"name": "A/B test"}));
    assert_eq!(
        (made.status, &made.json),
        (201, &json!({"id": 3, "name": "A/B test", "phones": 0}))
    );
    assert_eq!(made.header("location"), Some("/v1/skills/A%2FB%20test"));
    let found = world.call("GET", "/v1/skills/A%2FB%20test", Value::Null);
    assert_eq!((found.status, &found.json), (200, &made.json));
    let renamed = world.call("PATCH", "/v1/skills/Sales", json!({"name": "Verkauf"}));
    assert_eq!((renamed.status, &renamed.json["phones"]), (200, &json!(2)), "{renamed:?}");
    let phone = world.call("GET", "/v1/phones/p2", Value::Null);
    assert_eq!(phone.json["skills"], json!(["Verkauf"]));
    let refused = world.call("DELETE", "/v1/skills/Verkauf", Value::Null);
    assert_eq!((refused.status, refused.code()), (409, "skill_assigned"));
    let tried = world.call("DELETE", "/v1/skills/Verkauf?unassign=true&dry_run=true", Value::Null);
    assert_eq!((tried.status, &tried.json["changes"]), (200, &json!(3)));
    for path in ["/v1/skills/Verkauf?unassign=true", "/v1/skills/A%2FB%20test"] {
        assert_eq!(world.call("DELETE", path, Value::Null).status, 204, "{path}");
    }
    let left = world.call("GET", "/v1/skills", Value::Null);
    assert_eq!(left.json, json!({"skills": [{"id": 2, "name": "Support", "phones": 2}]}));
}

#[test]
fn rejects_invalid_and_taken_skill_names() {
    let world = &mut World::new();
    for (body, status, code) in [
        (json!({}), 422, "invalid_fields"),
        (json!({"name": ""}), 422, "invalid_fields"),
        (json!({"name": "a,b"}), 422, "invalid_fields"),
        (json!({"name": 7, "colour": "red"}), 422, "invalid_fields"),
        (json!({"name": "Support"}), 409, "skill_exists"),
    ] {
        for (method, path) in [("POST", "/v1/skills"), ("PATCH", "/v1/skills/Sales")] {
            let answer = world.call(method, path, body.clone());
            assert_eq!((answer.status, answer.code()), (status, code), "{method} {body}");
        }
    }
    let same = world.call("PATCH", "/v1/skills/Sales", json!({"name": "Sales"}));
    assert_eq!(same.status, 200, "{same:?}");
}

#[test]
fn replays_the_rename_of_a_skill() {
    let world = &mut World::new();
    let key = [("Idempotency-Key", "rename")];
    let body = json!({"name": "Verkauf"});
    let first = world.call_with("PATCH", "/v1/skills/Sales", &key, body.clone());
    assert_eq!(first.status, 200, "{first:?}");
    // There is no skill of that name any more, and still it is the same request.
    let again = world.call_with("PATCH", "/v1/skills/Sales", &key, body);
    assert_eq!((again.status, &again.json), (200, &first.json));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}
