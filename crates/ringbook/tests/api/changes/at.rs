//! `GET /v1/phones?at=`, `GET /v1/phones/{phone}?at=`: as it was.

use std::collections::BTreeMap;
use std::thread::{self, ScopedJoinHandle};

use serde_json::{Value, json};

use super::{BEGIN, newest};
use crate::world::World;
use test_support::{Client, basic};

/// When a change happened.
fn time_of(world: &mut World, id: u64) -> String {
    world.read(&format!("/v1/changes/c{id}"))["at"].as_str().unwrap().to_owned()
}

fn list_at(world: &mut World, at: &str, more: &str) -> Value {
    world.read(&format!("/v1/phones?at={at}{more}"))["items"].clone()
}

/// Reads each past state by the time of the change that led to it.
#[test]
fn returns_every_past_state() {
    World::on_each_store(|world| {
        let mut states = BTreeMap::new();
        let mut note = |world: &mut World| {
            let id = newest(world);
            states.insert(id, world.read("/v1/phones")["items"].clone());
        };
        note(world);
        world.limit(900);
        note(world);
        for (method, path, body) in [
            ("PATCH", "/v1/phones/p1", json!({"number": "+911", "unassign": ["Sales"]})),
            ("PATCH", "/v1/skills/Sales", json!({"name": "Verkauf"})),
            ("DELETE", "/v1/phones/p2", Value::Null),
            ("POST", "/v1/phones", json!({"number": "919876543210", "name": "Mira"})),
            ("PATCH", "/v1/phones/p4", json!({"assign": ["Verkauf"]})),
            ("DELETE", "/v1/skills/Verkauf?unassign=true", Value::Null),
            ("POST", "/v1/skills", json!({"name": "Sales"})),
            ("PATCH", "/v1/phones/p3", json!({"assign": ["Sales"], "name": "Desk-2"})),
        ] {
            world.done(method, path, body);
            note(world);
        }
        for (id, expected) in &states {
            let at = time_of(world, *id);
            assert_eq!(list_at(world, &at, ""), *expected, "after change {id}");
            let mut turned = expected.as_array().unwrap().clone();
            turned.reverse();
            assert_eq!(list_at(world, &at, "&sort=-created"), Value::from(turned));
            for phone in expected.as_array().unwrap() {
                for name in ["id", "number"] {
                    let key = phone[name].as_str().unwrap().replace('+', "%2B");
                    let path = format!("/v1/phones/{key}?at={at}");
                    assert_eq!(world.read(&path), *phone, "{path}");
                }
            }
            let two = format!("/v1/phones?at={at}&limit=2&sort=name");
            let first = world.get(&two);
            assert_eq!(first.list("items").len(), 2);
            let Some(next) = first.json["next"].as_str() else { continue };
            let rest = world.get(&format!("{two}&cursor={next}"));
            assert_eq!(2 + rest.list("items").len(), expected.as_array().unwrap().len());
        }
        // Numbers and skills are those of then.
        let then = time_of(world, 6);
        assert_eq!(world.read(&format!("/v1/phones/+14155550123?at={then}"))["id"], "p2");
        let late = world.get(&format!("/v1/phones/+911?at={then}"));
        late.assert_problem(404, "no_such_phone");
        let skill = world.get(&format!("/v1/phones?at={then}&skill=Verkauf"));
        skill.assert_problem(422, "no_such_skill");
        for (filter, expected) in [
            ("skill=Sales", &["p1", "p2"][..]),
            ("number=919876543210", &["p1"]),
            ("name=mira", &["p2"]),
            ("contains=desk", &["p3"]),
        ] {
            let found = world.get(&format!("/v1/phones?at={then}&{filter}"));
            assert_eq!(found.column("items", "id"), expected, "{filter}");
        }
    });
}

#[test]
fn returns_nothing_for_a_time_before_the_account() {
    World::on_each_store(|world| {
        assert_eq!(list_at(world, "2001-01-01T00:00:00Z", ""), json!([]));
        let none = world.get("/v1/phones/p1?at=2001-01-01T00:00:00Z");
        none.assert_problem(404, "no_such_phone");
    });
}

/// The clock of a node may be behind that of the one which made the newest change.
#[test]
fn refuses_a_time_after_now_and_after_the_newest_change() {
    World::on_each_store(|world| {
        let now = world.read("/v1/phones")["items"].clone();
        let at = time_of(world, BEGIN);
        world.set_clock_forward_us(-60_000_000);
        assert_eq!(list_at(world, &at, ""), now);
        for path in ["/v1/phones?at=", "/v1/phones/p1?at="] {
            let late = world.get(&format!("{path}2999-01-01T00:00:00Z"));
            late.assert_problem(422, "invalid_query");
            assert_eq!(late.errors(), ["at invalid"]);
        }
    });
}

/// A past state stays the same while others write, here and in another process.
#[test]
fn returns_the_same_past_during_writes() {
    World::on_each_store(|world| {
        let expected = world.read("/v1/phones")["items"].clone();
        let at = time_of(world, 6);
        let (other, credentials) = (world.another_server(), basic("acme", &world.acme));
        let headers = &[("Authorization", credentials.as_str())];
        let writers = [("p1", world.server().address), ("p2", other.address)];
        thread::scope(|scope| {
            let write = |(phone, address)| {
                scope.spawn(move || {
                    let mut client = Client::connect(address).unwrap();
                    for edit in 0..100 {
                        let body = json!({"name": format!("Agent-{phone}.{edit}")}).to_string();
                        let path = format!("/v1/phones/{phone}");
                        let reply = client.request("PATCH", &path, headers, &body).unwrap();
                        assert_eq!(reply.status, 200, "{reply:?}");
                    }
                })
            };
            let writers = writers.map(write);
            loop {
                let are_done = writers.iter().all(ScopedJoinHandle::is_finished);
                assert_eq!(list_at(world, &at, ""), expected);
                if are_done {
                    break;
                }
            }
        });
    });
}
