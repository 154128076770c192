//! `/v1/phones/{phone}`

use serde_json::{Value, json};

use crate::world::World;

#[test]
fn finds_a_phone_by_id_and_by_number() {
    let world = &mut World::new();
    for path in ["/v1/phones/p2", "/v1/phones/+14155550123", "/v1/phones/%2B14155550123"] {
        let found = world.call("GET", path, Value::Null);
        assert_eq!((found.status, &found.json["name"]), (200, &json!("Mira")), "{path}");
    }
    for path in ["/v1/phones/p9", "/v1/phones/14155550123", "/v1/phones/Mira", "/v1/phones/p"] {
        let missing = world.call("GET", path, Value::Null);
        assert_eq!((missing.status, missing.code()), (404, "no_such_phone"), "{path}");
    }
    let none = world.call("GET", "/v1/fax", Value::Null);
    assert_eq!((none.status, none.code()), (404, "no_such_path"));
    let other = world.call("PUT", "/v1/phones/p1", json!({}));
    assert_eq!((other.status, other.code()), (405, "method_not_allowed"));
    assert!(other.header("allow").unwrap_or_default().contains("PATCH"), "{other:?}");
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
        let found = world.call("GET", "/v1/phones/p1", Value::Null);
        assert_eq!(found.json, edited.json);
        assert_eq!(found.header("etag"), edited.header("etag"));
    }
    let both = world.call("PATCH", "/v1/phones/p1", json!({"skills": [], "assign": ["Sales"]}));
    assert_eq!((both.status, both.code()), (422, "invalid_fields"));
    let null = world.call("PATCH", "/v1/phones/p1", json!({"name": null, "fax": "1"}));
    let errors = null.errors();
    assert_eq!(errors.iter().map(|error| &*error.0).collect::<Vec<_>>(), ["/fax", "/name"]);
}

#[test]
fn returns_412_for_a_stale_etag_of_a_phone() {
    let world = &mut World::new();
    let found = world.call("GET", "/v1/phones/p1", Value::Null);
    let etag = found.header("etag").unwrap().to_owned();
    let known = [("If-Match", etag.as_str())];
    let edited = world.call_with("PATCH", "/v1/phones/p1", &known, json!({"name": "Asha"}));
    assert_eq!(edited.status, 200, "{edited:?}");
    for (method, body) in [("PATCH", json!({"name": "Ravi"})), ("DELETE", Value::Null)] {
        let refused = world.call_with(method, "/v1/phones/p1", &known, body);
        assert_eq!((refused.status, refused.code()), (412, "precondition_failed"));
        assert_eq!(refused.json["etag"].as_str(), edited.header("etag"));
    }
    let any = world.call_with("PATCH", "/v1/phones/p1", &[("If-Match", "*")], json!({}));
    assert_eq!(any.status, 200);
}

#[test]
fn returns_404_for_a_deleted_phone() {
    let world = &mut World::new();
    let tried = world.call("DELETE", "/v1/phones/p1?dry_run=true", Value::Null);
    assert_eq!((tried.status, &tried.json["changes"]), (200, &json!(1)));
    assert_eq!(world.call("DELETE", "/v1/phones/p1", Value::Null).status, 204);
    for method in ["GET", "DELETE"] {
        let gone = world.call(method, "/v1/phones/p1", Value::Null);
        assert_eq!((gone.status, gone.code()), (404, "no_such_phone"));
    }
}
