//! `GET /v1/explain/ring`

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::World;

#[track_caller]
fn explain(world: &mut World, skill: &str, number: &str) -> Answer {
    let query = format!("/v1/explain/ring?skill={skill}&number={}", number.replace('+', "%2B"));
    let answer = world.get(&query);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.list("phones").is_empty() || answer.list("reasons").is_empty(), "{answer:?}");
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

/// Saturday, in the hours of the phone Mira alone.
const AT: &str = "2026-11-28T10:00:00Z";

#[test]
fn tells_of_each_phone_why_it_rings_or_does_not() {
    let world = &mut World::new();
    let edit = |world: &mut World, path: &str, body: Value| drop(world.done("PATCH", path, body));
    edit(world, "/v1/phones/p3", json!({"assign": ["Sales"]}));
    let overflow = json!({"overflow": "Support", "hours": "UTC sat 09:00-17:00"});
    edit(world, "/v1/skills/Sales/routing", overflow);
    edit(world, "/v1/phones/p3/routing", json!({"hours": "UTC mon 09:00-17:00"}));
    let in_sales = json!({"Sales": {"ring_time_s": 9, "delay_s": 3, "confirm": true}});
    edit(world, "/v1/phones/p2/routing", json!({"skills": in_sales}));
    let codes = |world: &mut World, edit: Option<(&str, &str, Value)>, at: &str| {
        if let Some((method, path, body)) = edit {
            world.done(method, path, body);
        }
        let answer = world.get(&format!("/v1/explain/ring?skill=Sales&at={at}"));
        let line =
            |phone: &Value| format!("{}{}", phone["number"].as_str().unwrap(), phone["code"]);
        let codes = answer.list("phones").iter().map(line).collect::<Vec<_>>().join(" ");
        (answer.json["outcome"].as_str().unwrap().to_owned(), codes.replace('"', " "), answer)
    };
    let (outcome, found, answer) = codes(world, None, AT);
    assert_eq!(outcome, "ring");
    let serial = "919876543210 rings  +14155550123 rings  1001 outside_hours  \
                  919876543210 rings_before  1001 outside_hours ";
    assert_eq!(found, serial);
    let mira = json!({"id": "p2", "number": "+14155550123", "name": "Mira", "skill": "Sales",
        "place": 2, "ring_time_s": 9, "delay_s": 3, "confirm": true, "code": "rings",
        "detail": "rings"});
    assert_eq!((&answer.json["phones"][1], &answer.json["at"]), (&mira, &json!(AT)));
    assert_eq!((&answer.json["mode"], &answer.json["revision"]), (&json!("serial"), &json!(10)));

    for (dialect, outcome, expected) in [
        ("asterisk.dial", "ring", json!("919876543210,+14155550123")),
        ("kamailio", "cannot_know", Value::Null),
    ] {
        let path = format!("/v1/explain/ring?skill=Sales&at={AT}&dialect={dialect}");
        let answer = world.read(&path);
        assert_eq!((&answer["outcome"], &answer["answer"]), (&json!(outcome), &expected));
    }

    let pause = json!({"reason": "lunch", "until": "2100-01-01T00:00:00Z"});
    let parallel = json!({"mode": "parallel"});
    let (_, found, _) = codes(world, Some(("PATCH", "/v1/skills/Sales/routing", parallel)), AT);
    assert_eq!(found, serial);
    let (outcome, found, answer) = codes(world, Some(("PUT", "/v1/phones/p1/pause", pause)), AT);
    assert_eq!(answer.json["phones"][0]["detail"], "is paused until 2100-01-01T00:00:00Z: lunch");
    assert_eq!((&*outcome, &found[..20]), ("ring", "919876543210 paused "));
    let (outcome, found, answer) = codes(world, None, "2026-11-27T10:00:00Z");
    let closed = "919876543210 paused  +14155550123 skill_outside_hours  1001 outside_hours  \
                  919876543210 paused  1001 outside_hours ";
    assert_eq!((&*outcome, &*found), ("nobody", closed));
    assert_eq!(answer.json["detail"], "all phones are paused, or outside their hours");
}

#[test]
fn suggests_similar_skills_and_numbers() {
    let world = &mut World::new();
    let notation = explain(world, "Sales", "14155550123");
    assert_reasons(&notation, &["no_such_phone", "other_notation"]);
    let expected = "there is a phone +14155550123, \"Mira\"; numbers are compared as written";
    assert_eq!(detail(&notation, 1), expected);
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
