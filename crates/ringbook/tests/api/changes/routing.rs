//! Changes of routing settings: how they are shown, undone, and what was before them.

use directory::routing::Routing;
use directory::{AccountId, RoutingOf};
use serde_json::{Value, json};
use test_support::acme;

use super::{BEGIN, newest, revert};
use crate::world::World;

/// Sets or removes settings, each of all or in a skill; returns the id of the change.
pub fn route(
    world: &mut World,
    of: RoutingOf,
    edits: &[(Option<&str>, &str, Option<&str>)],
) -> u64 {
    acme::set_routing(&world.server().service, of, edits);
    newest(world)
}

pub fn phone(id: u32) -> RoutingOf {
    RoutingOf::Phone(acme::phone(id))
}

fn stored(world: &World) -> Vec<(String, directory::routing::Settings)> {
    let account = world.server().service.store().load(AccountId(1)).unwrap().unwrap();
    let of = |routing: &Routing| {
        routing
            .iter()
            .map(|(subject, settings, _)| (subject.to_string(), settings.clone()))
            .collect()
    };
    of(&account.routing)
}

/// The settings of Sales, which goes on with Support, and of p1, which has both skills.
fn routed(world: &mut World) -> u64 {
    let sales = RoutingOf::Skill("Sales".to_owned());
    route(world, sales, &[(None, "overflow", Some("Support")), (None, "mode", Some("parallel"))]);
    let in_sales = (Some("Sales"), "ring_time_s", Some("5"));
    route(world, phone(1), &[(None, "pause", Some("- lunch")), in_sales])
}

#[test]
fn shows_settings_with_the_names_that_their_skills_had() {
    World::on_each_store(|world| {
        let id = routed(world);
        route(world, phone(1), &[(None, "pause", None), (Some("s1"), "ring_time_s", Some("7"))]);
        for (name, name_new) in [("Sales", "Verkauf"), ("Support", "Hilfe")] {
            world.done("PATCH", &format!("/v1/skills/{name}"), json!({"name": name_new}));
        }
        let mut sides = |of: &str, nth: usize| {
            let listed = world.read(&format!("/v1/changes?{of}"));
            let change = &listed["items"][nth];
            [&change["before"]["settings"], &change["after"]["settings"]].map(Clone::clone)
        };
        let ring_time = |value: &str| {
            let skill = json!({"id": "s1", "name": "Sales"});
            json!({"setting": "ring_time_s", "skill": skill, "value": value})
        };
        let pause = json!({"setting": "pause", "value": "- lunch"});
        assert_eq!(sides("phone=p1", 0), [json!([pause, ring_time("5")]), json!([ring_time("7")])]);
        assert_eq!(sides("kind=phone.routing", 1), [json!([]), json!([pause, ring_time("5")])]);
        let overflow = json!({"setting": "overflow", "value": "s2", "value_name": "Support"});
        let mode = json!({"setting": "mode", "value": "parallel"});
        assert_eq!(sides("skill=s1", 1), [json!([]), json!([mode, overflow])]);
        let change = world.read(&format!("/v1/changes/c{id}"));
        assert_eq!((&change["kind"], &change["phone"]), (&"phone.routing".into(), &"p1".into()));
        world.check();
    });
}

#[test]
fn undoes_what_goes_with_a_phone_and_a_skill() {
    World::on_each_store(|world| {
        routed(world);
        let before = stored(world);
        assert_eq!(before.len(), 2);
        let then = world.read(&format!("/v1/changes/c{BEGIN}"))["at"].as_str().unwrap().to_owned();
        let phones = world.read("/v1/phones");
        let rows = json!({"rows": [{"action": "delete", "phone": "919876543210"}]});
        for (method, path, body) in [
            ("DELETE", "/v1/phones/p1", Value::Null),
            ("PATCH", "/v1/phones/p1", json!({"unassign": ["Sales"]})),
            ("DELETE", "/v1/skills/Support?unassign=true", Value::Null),
            ("DELETE", "/v1/skills/Sales?unassign=true", Value::Null),
            ("POST", "/v1/bulk", rows),
        ] {
            let first = newest(world) + 1;
            world.done(method, path, body);
            let last = newest(world);
            assert_ne!(stored(world), before);
            world.check();
            let undone = match path {
                "/v1/bulk" => world.call("POST", &format!("/v1/imports/i{first}/undo"), json!({})),
                _ => revert(world, last, json!({"what": "request"})),
            };
            assert_eq!(undone.status, 200, "{undone:?}");
            assert_eq!((stored(world), world.read("/v1/phones")), (before.clone(), phones.clone()));
            assert_eq!(world.read(&format!("/v1/phones?at={then}")), phones);
            world.check();
        }
    });
}

#[test]
fn names_what_prevents_an_undo() {
    let world = &mut World::new();
    let id = routed(world);
    let hours = route(world, phone(1), &[(None, "hours", Some("UTC mon-fri 09:00-18:00"))]);
    let newer = route(world, phone(1), &[(None, "pause", Some("- dinner"))]);
    route(world, phone(1), &[(Some("Sales"), "delay_s", Some("3"))]);
    let blocked = revert(world, id, Value::Null);
    blocked.assert_problem(409, "blocked");
    let detail = "the setting pause is \"- dinner\" by now";
    assert_eq!(blocked.json["blocked"][0]["detail"], detail);
    assert_eq!(blocked.texts("blocked_by", "id"), [format!("c{newer}")]);
    // Each setting by itself: other settings do not matter.
    assert_eq!(revert(world, hours, Value::Null).status, 200);
    assert_eq!(revert(world, newer, Value::Null).status, 200);
    assert_eq!(revert(world, id, Value::Null).status, 200);
    world.delete("/v1/phones/p1");
    revert(world, id, Value::Null).assert_problem(409, "blocked");
}
