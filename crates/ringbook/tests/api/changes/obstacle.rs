//! `POST /v1/changes/{id}/revert`, where another record stands in the way.

use serde_json::{Value, json};

use super::{ids, newest, revert};
use crate::world::World;

/// Carries out a request, and returns the id of its last change.
#[track_caller]
fn done(world: &mut World, method: &str, path: &str, body: Value) -> u64 {
    world.done(method, path, body);
    newest(world)
}

/// A revert is refused with these words in the detail, and names the changes that block it.
#[track_caller]
fn assert_blocked(world: &mut World, id: u64, words: &str, by: &[u64]) {
    let path = format!("/v1/changes/c{id}/revert");
    for query in ["", "?dry_run=true"] {
        let blocked = world.call("POST", &format!("{path}{query}"), Value::Null);
        blocked.assert_problem(409, "blocked");
        assert!(blocked.json["detail"].as_str().unwrap().contains(words), "{blocked:?}");
        assert_eq!(blocked.texts("blocked_by", "id"), ids(by.iter().copied()), "{blocked:?}");
    }
}

#[test]
fn names_the_phone_that_took_a_number_name_or_place() {
    let world = &mut World::new();
    let renumbered = done(world, "PATCH", "/v1/phones/p1", json!({"number": "2001"}));
    let body = json!({"number": "919876543210", "name": "Asha"});
    let taken = done(world, "POST", "/v1/phones", body);
    done(world, "PATCH", "/v1/phones/p4", json!({"name": "Asha-2"}));
    assert_blocked(world, renumbered, "919876543210 belongs to \"Asha-2\"", &[taken]);

    let renamed = done(world, "PATCH", "/v1/phones/p2", json!({"name": "Mira-2"}));
    let taken = done(world, "PATCH", "/v1/phones/p3", json!({"name": "MIRA"}));
    done(world, "PATCH", "/v1/phones/p3", json!({"number": "1002"}));
    assert_blocked(world, renamed, "\"MIRA\" belongs to 1002", &[taken]);

    let skills = done(world, "PATCH", "/v1/phones/p1", json!({"unassign": ["Support"]}));
    done(world, "PATCH", "/v1/phones/p1", json!({"unassign": ["Sales"]}));
    let again = done(world, "PATCH", "/v1/phones/p1", json!({"assign": ["Support"]}));
    done(world, "PATCH", "/v1/phones/p1", json!({"name": "Ravi-2"}));
    assert_blocked(world, skills, "it has Support", &[again]);

    let deleted = done(world, "DELETE", "/v1/phones/p3", Value::Null);
    let back = done(world, "POST", &format!("/v1/changes/c{deleted}/revert"), Value::Null);
    assert_blocked(world, deleted, "exists again", &[back]);
}

#[test]
fn names_what_became_of_a_skill() {
    let world = &mut World::new();
    let unassigned = done(world, "PATCH", "/v1/phones/p2", json!({"unassign": ["Sales"]}));
    let deleted = done(world, "DELETE", "/v1/skills/Sales?unassign=true", Value::Null);
    let words = "the skill \"Sales\" that the phone had is deleted by now";
    assert_blocked(world, unassigned, words, &[deleted]);
    done(world, "POST", "/v1/skills", json!({"name": "Verkauf"}));
    let taken = done(world, "PATCH", "/v1/skills/Verkauf", json!({"name": "Sales"}));
    assert_blocked(world, deleted, "another skill is named \"Sales\"", &[taken]);

    let created = done(world, "POST", "/v1/skills", json!({"name": "Night"}));
    let first = done(world, "PATCH", "/v1/phones/p2", json!({"assign": ["Night"]}));
    let second = done(world, "PATCH", "/v1/phones/p1", json!({"assign": ["Night"]}));
    done(world, "PATCH", "/v1/phones/p1", json!({"name": "Ravi-2"}));
    let words = "the skill \"Night\" is assigned to 2 phones";
    assert_blocked(world, created, words, &[second, first]);

    // Half of a move: the other phone is where this one was.
    let path = "/v1/skills/Night/ring-order/move";
    let moved = done(world, "POST", path, json!({"phone": "p1", "place": 1}));
    let words = "the phone's place in the ring order of \"Night\" is that of";
    assert_blocked(world, moved - 1, words, &[moved]);
    assert_blocked(world, moved, words, &[moved - 1]);
    let whole = format!("/v1/changes/c{moved}/revert");
    assert_eq!(done(world, "POST", &whole, json!({"what": "request"})), moved + 2);
}

#[test]
fn names_the_change_that_reached_the_limit() {
    let world = &mut World::new();
    let deleted = done(world, "DELETE", "/v1/phones/p3", Value::Null);
    world.limit(2);
    let limited = newest(world);
    assert_blocked(world, deleted, "holds 2 of at most 2", &[limited]);
    let deleted = done(world, "DELETE", "/v1/phones/p2", Value::Null);
    let body = json!({"number": "2001", "name": "Asha"});
    let created = done(world, "POST", "/v1/phones", body);
    assert_blocked(world, deleted, "holds 2 of at most 2", &[created]);
}

/// A process that was started since has used the last ring position again.
#[test]
fn restores_a_ring_position_that_was_reused_after_a_restart() {
    World::on_each_store(|world| {
        let unassigned = done(world, "PATCH", "/v1/phones/p2", json!({"unassign": ["Sales"]}));
        world.restart();
        let body = json!({"number": "2001", "name": "Asha", "skills": ["Sales"]});
        done(world, "POST", "/v1/phones", body);
        let reverted = revert(world, unassigned, Value::Null);
        assert_eq!(reverted.status, 200, "{reverted:?}");
        assert_eq!(reverted.column("items", "phone"), ["p2", "p4"]);
        let ring = world.get("/v1/skills/Sales/ring-order");
        assert_eq!(ring.column("phones", "name"), ["Ravi", "Mira", "Asha"]);
        world.check();
        let newest = world.get("/v1/changes?limit=2");
        assert_eq!(newest.texts("items", "id"), ids([unassigned + 3, unassigned + 2]));
    });
}
