//! `POST /v1/phones`

use serde_json::{Value, json};

use crate::world::World;

#[test]
fn creates_a_phone_at_its_location() {
    let world = &mut World::new();
    let body = json!({"number": "2001", "name": "Asha", "skills": ["Support", "Sales"]});
    let made = world.call("POST", "/v1/phones", body);
    let expected =
        json!({"id": "p4", "number": "2001", "name": "Asha", "skills": ["Sales", "Support"]});
    assert_eq!((made.status, &made.json), (201, &expected));
    assert_eq!(made.header("location"), Some("/v1/phones/p4"));
    let found = world.call("GET", "/v1/phones/p4", Value::Null);
    assert_eq!((found.status, &found.json), (200, &expected));
    assert_eq!(found.header("etag"), made.header("etag"));
    // A new phone rings last.
    let ring = world.call("GET", "/v1/skills/Sales/ring-order", Value::Null);
    assert_eq!(ring.json["phones"][2]["id"], "p4");
}

#[test]
fn lists_all_errors_of_a_new_phone() {
    let world = &mut World::new();
    for (body, status, code, errors) in [
        (json!({}), 422, "invalid_fields", vec![("/number", "missing"), ("/name", "missing")]),
        (
            json!({"number": 1001, "name": "a", "skills": "Sales", "colour": "red"}),
            422,
            "invalid_fields",
            vec![
                ("/colour", "unknown_field"),
                ("/number", "invalid"),
                ("/name", "invalid"),
                ("/skills", "invalid"),
            ],
        ),
        (
            json!({"number": "1001", "name": "ravi", "skills": ["Sales", "Bogus", "Void"]}),
            409,
            "several_faults",
            vec![
                ("/number", "number_taken"),
                ("/name", "name_taken"),
                ("/skills", "no_such_skill"),
                ("/skills", "no_such_skill"),
            ],
        ),
        (
            json!({"number": "2001", "name": "Asha", "skills": ["Bogus"]}),
            422,
            "invalid_fields",
            vec![("/skills", "no_such_skill")],
        ),
    ] {
        let answer = world.call("POST", "/v1/phones", body.clone());
        assert_eq!((answer.status, answer.code()), (status, code), "{body}");
        answer.assert_errors(&errors);
    }
    let listed = world.call("GET", "/v1/phones", Value::Null);
    assert_eq!(listed.json["phones"].as_array().unwrap().len(), 3);
    let broken = world.request("POST", "/v1/phones", &[], json!([]));
    assert_eq!(broken.status, 401);
    let broken = world.call("POST", "/v1/phones", json!([]));
    assert_eq!((broken.status, broken.code()), (400, "invalid_json"));
}

#[test]
fn dry_run_creates_no_phone() {
    let world = &mut World::new();
    let body = json!({"number": "2001", "name": "Asha"});
    let tried = world.call("POST", "/v1/phones?dry_run=true", body);
    let result = json!({"id": "p4", "number": "2001", "name": "Asha", "skills": []});
    let expected = json!({"dry_run": true, "changes": 1, "result": result});
    assert_eq!((tried.status, tried.json), (200, expected));
    let refused =
        world.call("POST", "/v1/phones?dry_run=true", json!({"number": "1001", "name": "Asha"}));
    assert_eq!((refused.status, refused.code()), (409, "number_taken"));
    let missing = world.call("GET", "/v1/phones/p4", Value::Null);
    assert_eq!((missing.status, missing.code()), (404, "no_such_phone"));
}
