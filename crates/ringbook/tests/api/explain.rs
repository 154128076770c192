//! `GET /v1/explain/ring`

use serde_json::{Value, json};

use crate::world::{Answer, World};

#[track_caller]
fn explain(world: &mut World, skill: &str, number: &str) -> Answer {
    let query = format!("/v1/explain/ring?skill={skill}&number={}", number.replace('+', "%2B"));
    let answer = world.call("GET", &query, Value::Null);
    assert_eq!(answer.status, 200, "{answer:?}");
    let rings = answer.json["reasons"][0]["code"] == "rings";
    assert_eq!(answer.json["rings"], rings, "{answer:?}");
    assert_eq!(answer.json["place"].is_u64(), rings, "{answer:?}");
    answer
}

/// The codes and the sentences of the reasons.
fn reasons(answer: &Answer) -> Vec<(&str, &str)> {
    fn text(value: &Value) -> &str {
        value.as_str().expect("a text")
    }
    let reasons = answer.json["reasons"].as_array().expect("a list");
    reasons.iter().map(|reason| (text(&reason["code"]), text(&reason["detail"]))).collect()
}

fn codes(answer: &Answer) -> Vec<&str> {
    reasons(answer).into_iter().map(|(code, _)| code).collect()
}

#[test]
fn explains_nothing_of_another_account_and_no_wrong_query() {
    let world = &mut World::new();
    let globex = world.globex.clone();
    let path = "/v1/explain/ring?skill=Sales&number=919876543210";
    let other = world.call_as(("globex", &globex), "GET", path, Value::Null);
    assert_eq!(codes(&other), ["no_such_skill", "no_such_phone"], "nothing of acme is told");
    for (query, fields) in [
        ("", vec!["skill", "number"]),
        ("?skill=Sales&number=1001&number=1002&x=1", vec!["number", "number", "x"]),
    ] {
        let wrong = world.call("GET", &format!("/v1/explain/ring{query}"), Value::Null);
        assert_eq!((wrong.status, wrong.code()), (400, "invalid_query"), "{query}");
        let told: Vec<_> = wrong.errors().into_iter().map(|(field, _)| field).collect();
        assert_eq!(told, fields, "{query}");
    }
}

#[test]
fn returns_the_place_of_a_phone_that_rings() {
    let world = &mut World::new();
    let first = explain(world, "Sales", "919876543210");
    let ravi = json!({"id": "p1", "number": "919876543210", "name": "Ravi"});
    assert_eq!(
        (&first.json["phone"], &first.json["place"], &first.json["of"]),
        (&ravi, &json!(1), &json!(2))
    );
    assert_eq!(
        reasons(&first),
        [("rings", "919876543210, \"Ravi\", rings first of 2 for \"Sales\"")]
    );
    let second = explain(world, "Sales", "+14155550123");
    let detail = "+14155550123, \"Mira\", rings for \"Sales\" after 1 other, of 2";
    assert_eq!((&second.json["place"], reasons(&second)), (&json!(2), vec![("rings", detail)]));
}

#[test]
fn suggests_similar_skills_and_numbers() {
    let world = &mut World::new();
    let notation = explain(world, "Sales", "14155550123");
    let detail = "there is a phone +14155550123, \"Mira\"; numbers are compared as written";
    assert_eq!(reasons(&notation)[1], ("other_notation", detail));
    assert_eq!(notation.json["phone"], Value::Null);
    for skill in ["sales", "Sale", "Slaes"] {
        let alike = explain(world, skill, "919876543210");
        assert_eq!(codes(&alike), ["no_such_skill", "skill_alike"], "{skill}");
        assert!(reasons(&alike)[1].1.contains("\"Sales\""), "{skill}");
    }
    let neither = explain(world, "Billing", "12a");
    assert_eq!(codes(&neither), ["no_such_skill", "not_a_number"]);
}

#[test]
fn explains_a_missing_phone_or_skill_by_its_history() {
    World::on_each_store(|world| {
        let never = explain(world, "Sales", "1001");
        assert_eq!(codes(&never), ["not_assigned"]);
        let unassign = json!({"unassign": ["Sales"], "number": "2001"});
        assert_eq!(world.call("PATCH", "/v1/phones/p1", unassign).status, 200);
        let unassigned = explain(world, "Sales", "2001");
        assert_eq!(codes(&unassigned), ["not_assigned", "unassigned"]);
        let event = &unassigned.json["reasons"][1];
        assert_eq!(event["source"], "api");
        assert!(event["change"].is_u64() && event["at"].is_string(), "{event}");

        let renumbered = explain(world, "Sales", "919876543210");
        assert_eq!(codes(&renumbered), ["no_such_phone", "renumbered"]);
        assert!(reasons(&renumbered)[1].1.ends_with("changed the number 919876543210 to 2001"));
        assert_eq!(renumbered.json["reasons"][1]["change"], event["change"]);

        assert_eq!(world.call("DELETE", "/v1/phones/p2", Value::Null).status, 204);
        let deleted = explain(world, "Sales", "+14155550123");
        assert_eq!(codes(&deleted), ["no_such_phone", "phone_deleted"]);
        assert!(reasons(&deleted)[1].1.ends_with("deleted the phone +14155550123, \"Mira\""));

        assert_eq!(world.call("PATCH", "/v1/skills/Sales", json!({"name": "Orders"})).status, 200);
        assert_eq!(
            world.call("DELETE", "/v1/skills/Support?unassign=true", Value::Null).status,
            204
        );
        let renamed = explain(world, "Sales", "1001");
        assert_eq!(codes(&renamed), ["no_such_skill", "skill_renamed"]);
        assert!(reasons(&renamed)[1].1.ends_with("renamed \"Sales\" to \"Orders\""));
        let gone = explain(world, "Support", "1001");
        assert_eq!(codes(&gone), ["no_such_skill", "skill_deleted"]);
    });
}
