//! `GET /v1/explain/ring`

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::World;

#[track_caller]
fn explain(world: &mut World, skill: &str, number: &str) -> Answer {
    let query = format!("/v1/explain/ring?skill={skill}&number={}", number.replace('+', "%2B"));
    let answer = world.get(&query);
    assert_eq!(answer.status, 200, "{answer:?}");
    let rings = answer.json["reasons"][0]["code"] == "rings";
    assert_eq!(answer.json["rings"], rings, "{answer:?}");
    assert_eq!(answer.json["place"].is_u64(), rings, "{answer:?}");
    answer
}

/// The sentence of the first reason, or the one after it.
fn detail(answer: &Answer, reason: usize) -> &str {
    answer.json["reasons"][reason]["detail"].as_str().expect("a sentence")
}

#[track_caller]
fn assert_reasons(answer: &Answer, codes: &[&str]) {
    assert_eq!(answer.column("reasons", "code"), codes, "{answer:?}");
}

#[test]
fn explains_nothing_of_another_account() {
    let path = "/v1/explain/ring?skill=Sales&number=919876543210";
    let other = World::new().get_as_globex(path);
    assert_reasons(&other, &["no_such_skill", "no_such_phone"]);
}

#[test]
fn returns_the_ring_position_of_a_phone_that_rings() {
    let world = &mut World::new();
    let first = explain(world, "Sales", "919876543210");
    let ravi = json!({"id": "p1", "number": "919876543210", "name": "Ravi"});
    assert_eq!((&first.json["phone"], &first.json["of"]), (&ravi, &json!(2)));
    let second = explain(world, "Sales", "+14155550123");
    for (answer, test_store, expected) in [
        (&first, 1, "919876543210, \"Ravi\", rings first of 2 for \"Sales\""),
        (&second, 2, "+14155550123, \"Mira\", rings for \"Sales\" after 1 other, of 2"),
    ] {
        assert_reasons(answer, &["rings"]);
        assert_eq!((&answer.json["place"], detail(answer, 0)), (&json!(test_store), expected));
    }
}

#[test]
fn suggests_similar_skills_and_numbers() {
    let world = &mut World::new();
    let notation = explain(world, "Sales", "14155550123");
    assert_reasons(&notation, &["no_such_phone", "other_notation"]);
    let expected = "there is a phone +14155550123, \"Mira\"; numbers are compared as written";
    assert_eq!((detail(&notation, 1), &notation.json["phone"]), (expected, &Value::Null));
    for skill in ["sales", "Sale", "Slaes"] {
        let alike = explain(world, skill, "919876543210");
        assert_reasons(&alike, &["no_such_skill", "skill_alike"]);
        assert!(detail(&alike, 1).contains("\"Sales\""), "{skill}");
    }
    assert_reasons(&explain(world, "Billing", "12a"), &["no_such_skill", "not_a_number"]);
}

#[test]
fn explains_a_missing_phone_or_skill_by_its_history() {
    World::on_each_store(|world| {
        assert_reasons(&explain(world, "Sales", "1001"), &["not_assigned"]);
        world.done("PATCH", "/v1/phones/p1", json!({"unassign": ["Sales"], "number": "2001"}));
        let unassigned = explain(world, "Sales", "2001");
        assert_reasons(&unassigned, &["not_assigned", "unassigned"]);
        let event = &unassigned.json["reasons"][1];
        assert_eq!((&event["source"], &event["change"]), (&json!("api"), &json!("c7")));
        assert!(event["at"].is_string(), "{event}");

        world.delete("/v1/phones/p2");
        world.done("PATCH", "/v1/skills/Sales", json!({"name": "Orders"}));
        for (skill, number, codes, end) in [
            (
                "Orders",
                "919876543210",
                ["no_such_phone", "renumbered"],
                "changed the number 919876543210 to 2001",
            ),
            (
                "Orders",
                "+14155550123",
                ["no_such_phone", "phone_deleted"],
                "deleted the phone +14155550123, \"Mira\"",
            ),
            (
                "Sales",
                "1001",
                ["no_such_skill", "skill_renamed"],
                "renamed \"Sales\" to \"Orders\"",
            ),
        ] {
            let answer = explain(world, skill, number);
            assert_reasons(&answer, &codes);
            assert!(detail(&answer, 1).ends_with(end), "{answer:?}");
        }
        let renumbered = explain(world, "Orders", "919876543210");
        assert_eq!(renumbered.json["reasons"][1]["change"], event["change"]);
        world.delete("/v1/skills/Support?unassign=true");
        let gone = explain(world, "Support", "1001");
        assert_reasons(&gone, &["no_such_skill", "skill_deleted"]);
    });
}
