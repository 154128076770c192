//! `/v1/skills`

use serde_json::{Value, json};

use crate::world::World;

const RING: &str = "/v1/skills/Sales/ring-order";

#[test]
fn creates_renames_and_deletes_skills() {
    let world = &mut World::new();
    let made = world.call("POST", "/v1/skills", json!({"name": "A/B test"}));
    let expected = json!({"id": "s3", "name": "A/B test", "phones": 0});
    assert_eq!((made.status, &made.json), (201, &expected));
    assert_eq!(made.header("location"), Some("/v1/skills/s3"));
    for path in ["/v1/skills/s3", "/v1/skills/A%2FB%20test"] {
        assert_eq!(world.read(path), expected, "{path}");
    }
    let renamed = world.call("PATCH", "/v1/skills/Sales", json!({"name": "Verkauf"}));
    assert_eq!((renamed.status, &renamed.json["phones"]), (200, &json!(2)), "{renamed:?}");
    assert_eq!(world.read("/v1/phones/p2")["skills"], json!(["Verkauf"]));
    let same = world.done("PATCH", "/v1/skills/s1", json!({"name": "Verkauf"}));
    assert_eq!(same.json, renamed.json);
    for path in ["/v1/skills/s1?unassign=true", "/v1/skills/A%2FB%20test"] {
        world.delete(path);
    }
    let left = json!({"items": [{"id": "s2", "name": "Support", "phones": 2}], "next": null});
    assert_eq!(world.read("/v1/skills"), left);
    assert_eq!(world.get_as_globex("/v1/skills").json, json!({"items": [], "next": null}));
}

/// The names in ring order.
#[track_caller]
fn assert_ring(world: &mut World, expected: [&str; 3]) {
    assert_eq!(world.get(RING).column("phones", "name"), expected);
}

/// Another phone for Sales, so that there are three.
fn assign_three(world: &mut World) {
    world.done("PATCH", "/v1/phones/p3", json!({"assign": ["Sales"]}));
    assert_ring(world, ["Ravi", "Mira", "Desk-1"]);
}

#[test]
fn moves_one_phone_and_keeps_the_order_of_the_others() {
    let world = &mut World::new();
    assign_three(world);
    for (phone, test_store, expected) in [
        ("1001", 1, ["Desk-1", "Ravi", "Mira"]),
        ("p1", 3, ["Desk-1", "Mira", "Ravi"]),
        ("p3", 99, ["Mira", "Ravi", "Desk-1"]),
        ("+14155550123", 1, ["Mira", "Ravi", "Desk-1"]),
    ] {
        let body = json!({"phone": phone, "place": test_store});
        let moved = world.call("POST", &format!("{RING}/move"), body);
        assert_eq!((moved.status, &moved.json), (204, &Value::Null), "{moved:?}");
        assert_ring(world, expected);
    }
}

#[test]
fn replaces_a_whole_ring_order() {
    let world = &mut World::new();
    assign_three(world);
    let body = json!({"phones": ["p3", "919876543210", "p2"]});
    assert_eq!(world.call("PUT", RING, body).status, 204);
    assert_ring(world, ["Desk-1", "Ravi", "Mira"]);
}
