//! The feed, replayed from the start by a client that knows skills by their names alone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{newest, revert};
use crate::world::World;

/// The number, and the position in the ring order of each skill, by the id of the phone.
type Phones = BTreeMap<String, (Value, BTreeMap<String, Value>)>;

fn replay(changes: &[Value]) -> Phones {
    let mut phones = Phones::new();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for change in changes {
        let [before, after] = [&change["before"], &change["after"]];
        match change["kind"].as_str().unwrap() {
            "create" | "edit" | "delete" => {
                let phone = phones.entry(text(&change["phone"])).or_default();
                for place in before["skills"].as_array().into_iter().flatten() {
                    let held = phone.1.remove(&text(&place["skill"]));
                    assert_eq!(held.as_ref(), Some(&place["position"]), "{change}");
                }
                for place in after["skills"].as_array().into_iter().flatten() {
                    let held = phone.1.insert(text(&place["skill"]), place["position"].clone());
                    assert_eq!(held, None, "{change}");
                }
                if let Some(number) = after.get("number") {
                    phone.0 = number.clone();
                }
                if after.is_null() {
                    phones.remove(&text(&change["phone"]));
                }
            }
            "skill.rename" => {
                for (_, skills) in phones.values_mut() {
                    if let Some(position) = skills.remove(&text(&before["name"])) {
                        skills.insert(text(&after["name"]), position);
                    }
                }
            }
            _ => {}
        }
    }
    phones
}

#[track_caller]
fn assert_feed_leads_to_the_phones(world: &mut World) {
    let changes = world.get("/v1/changes?after=0&limit=1000");
    let replayed = replay(changes.list("changes"));
    let phones = world.get("/v1/phones");
    let found = phones.list("items").iter();
    let found = found.map(|phone| json!([phone["id"], phone["number"], phone["skills"]]));
    let expected = replayed
        .iter()
        .map(|(id, (number, skills))| json!([id, number, skills.keys().collect::<Vec<_>>()]));
    assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    for skill in world.get("/v1/skills").column("skills", "name") {
        let skill = skill.as_str().unwrap();
        let held = |(number, skills): &(Value, BTreeMap<String, Value>)| {
            Some((skills.get(skill)?.as_u64(), number.clone()))
        };
        let mut ring: Vec<_> = replayed.values().filter_map(held).collect();
        ring.sort_by_key(|(position, _)| *position);
        let numbers: Vec<_> = ring.into_iter().map(|(_, number)| number).collect();
        let path = format!("/v1/skills/{skill}/ring-order");
        assert_eq!(world.get(&path).column("phones", "number"), numbers.iter().collect::<Vec<_>>());
    }
}

#[test]
fn feed_names_skills_as_they_were_when_two_of_them_swap_their_names() {
    World::on_each_store(|world| {
        let begin = world.now();
        let unassigned = json!({"unassign": ["Sales"]});
        world.done("PATCH", "/v1/phones/p1", unassigned);
        let unassigned = newest(world);
        for (name, name_new) in [("Sales", "Swap"), ("Support", "Sales"), ("Swap", "Support")] {
            world.done("PATCH", &format!("/v1/skills/{name}"), json!({"name": name_new}));
        }
        world.done("PATCH", "/v1/phones/p3", json!({"assign": ["Sales"]}));
        world.done(
            "POST",
            "/v1/phones",
            json!({"number": "5001", "name": "Omar", "skills": ["Support"]}),
        );
        let first = json!({"phone": "5001", "place": 1});
        world.done("POST", "/v1/skills/Support/ring-order:move", first);
        world.delete("/v1/phones/p2");
        assert_feed_leads_to_the_phones(world);

        // An earlier state has the names of its time.
        let then = world.get(&format!("/v1/phones/p1?at={begin}"));
        assert_eq!(then.json["skills"], json!(["Sales", "Support"]));
        // A revert is by the id of the skill.
        let reverted = revert(world, unassigned, Value::Null);
        let skills = &reverted.json["changes"][0]["after"]["skills"];
        assert_eq!((&skills[1]["skill"], &skills[1]["skill_id"]), (&json!("Support"), &json!(1)));
        assert_feed_leads_to_the_phones(world);
    });
}

#[test]
fn feed_tells_two_skills_apart_that_had_one_name_in_turn() {
    World::on_each_store(|world| {
        world.delete("/v1/skills/Sales?unassign=true");
        world.done("POST", "/v1/skills", json!({"name": "Sales"}));
        world.done("PATCH", "/v1/phones/p3", json!({"assign": ["Sales"]}));
        assert_feed_leads_to_the_phones(world);
        let changes = world.get("/v1/changes?after=0&limit=1000");
        let of_skill = |change: &Value| {
            let skills = change["after"]["skills"].as_array()?;
            let is_sales = |place: &&Value| place["skill"] == "Sales";
            skills.iter().find(is_sales)?["skill_id"].as_u64()
        };
        let mut ids: Vec<_> = changes.list("changes").iter().filter_map(of_skill).collect();
        ids.dedup();
        assert_eq!(ids, [1, 3]);
    });
}
