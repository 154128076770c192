//! `GET /v1/phones?at=`, `GET /v1/phones/{phone}?at=`: as it was.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::newest;
use crate::world::World;
use test_support::basic;

/// When a change happened.
fn time_of(world: &mut World, id: u64) -> String {
    let change = world.call("GET", &format!("/v1/changes/{id}"), Value::Null);
    change.json["at"].as_str().unwrap_or_else(|| panic!("{change:?}")).to_owned()
}

fn list_at(world: &mut World, at: &str, more: &str) -> Value {
    let page = world.call("GET", &format!("/v1/phones?at={at}{more}"), Value::Null);
    assert_eq!(page.status, 200, "{page:?}");
    page.json["phones"].clone()
}

/// Each state that there was, by the time of the change that led to it.
#[test]
fn returns_every_past_state() {
    World::on_each_store(|world| {
        let mut states = BTreeMap::new();
        let mut note = |world: &mut World| {
            let id = newest(world);
            let now = world.call("GET", "/v1/phones", Value::Null).json["phones"].clone();
            states.insert(id, now);
        };
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
            let done = world.call(method, path, body);
            assert!((200..300).contains(&done.status), "{method} {path}: {done:?}");
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
                    assert_eq!(world.call("GET", &path, Value::Null).json, *phone, "{path}");
                }
            }
            let two = format!("/v1/phones?at={at}&limit=2&sort=name");
            let first = world.call("GET", &two, Value::Null).json;
            assert_eq!(first["phones"].as_array().unwrap().len(), 2);
            let Some(next) = first["next"].as_str() else { continue };
            let rest = world.call("GET", &format!("{two}&cursor={next}"), Value::Null).json;
            let count = |page: &Value| page["phones"].as_array().unwrap().len();
            assert_eq!(count(&first) + count(&rest), expected.as_array().unwrap().len());
        }
        // Numbers and skills are those of then.
        let then = time_of(world, 6);
        let mira = world.call("GET", &format!("/v1/phones/+14155550123?at={then}"), Value::Null);
        assert_eq!((mira.status, &mira.json["id"]), (200, &json!("p2")));
        let late = world.call("GET", &format!("/v1/phones/+911?at={then}"), Value::Null);
        assert_eq!((late.status, late.code()), (404, "no_such_phone"));
        assert_eq!(list_at(world, &then, "&skill=Sales").as_array().unwrap().len(), 2);
        let skill = world.call("GET", &format!("/v1/phones?at={then}&skill=Verkauf"), Value::Null);
        assert_eq!((skill.status, skill.code()), (404, "no_such_skill"));
        for (filter, expected) in
            [("number=919876543210", "p1"), ("name=mira", "p2"), ("contains=desk", "p3")]
        {
            let found = list_at(world, &then, &format!("&{filter}"));
            assert_eq!((&found[0]["id"], found.as_array().unwrap().len()), (&json!(expected), 1));
        }
    });
}

#[test]
fn returns_nothing_for_a_time_before_the_account() {
    World::on_each_store(|world| {
        assert_eq!(list_at(world, "2001-01-01T00:00:00Z", ""), json!([]));
        let none = world.call("GET", "/v1/phones/p1?at=2001-01-01T00:00:00Z", Value::Null);
        assert_eq!((none.status, none.code()), (404, "no_such_phone"));
        // In the future it is as it is now.
        let now = world.call("GET", "/v1/phones", Value::Null).json["phones"].clone();
        assert_eq!(list_at(world, "2999-01-01T00:00:00Z", ""), now);
        let bad = world.call("GET", "/v1/phones/p1?at=yesterday", Value::Null);
        assert_eq!((bad.status, bad.code()), (400, "invalid_query"));
    });
}

/// What it was at a time stays what it was, while others write, here and in another process.
#[test]
fn returns_the_same_past_during_writes() {
    World::on_each_store(|world| {
        let expected = world.call("GET", "/v1/phones", Value::Null).json["phones"].clone();
        let at = time_of(world, 6);
        let (other, credentials) = (world.another_server(), basic("acme", &world.acme));
        let stop = AtomicBool::new(false);
        let addresses = [world.server().address, other.address];
        thread::scope(|scope| {
            for (writer, address) in addresses.into_iter().enumerate() {
                let (credentials, stop) = (&credentials, &stop);
                scope.spawn(move || {
                    let mut client = test_support::Client::connect(address).unwrap();
                    let headers = [("Authorization", credentials.as_str())];
                    let mut edits = 0;
                    while !stop.load(Ordering::Relaxed) {
                        edits += 1;
                        let body = json!({"name": format!("Agent-{writer}.{edits}")}).to_string();
                        let path = format!("/v1/phones/p{}", writer + 1);
                        let reply = client.request("PATCH", &path, &headers, &body).unwrap();
                        assert_eq!(reply.status, 200, "{reply:?}");
                    }
                    assert!(edits > 0);
                });
            }
            let stop = Stop(&stop);
            for _ in 0..50 {
                assert_eq!(list_at(world, &at, ""), expected);
            }
            drop(stop);
        });
    });
}

/// Ends the writers, also when an assertion has failed.
struct Stop<'s>(&'s AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
