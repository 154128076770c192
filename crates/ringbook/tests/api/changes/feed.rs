//! `GET /v1/feed`: the feed by long poll.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{BEGIN, STOPS_WITHIN, ids};
use crate::world::World;
use test_support::{Client, basic};

#[test]
fn returns_each_change_once_and_oldest_first() {
    World::on_each_store(|world| {
        let (mut read, mut path) = (Vec::new(), "/v1/feed?limit=4".to_owned());
        loop {
            let page = world.get(&path);
            if page.list("items").is_empty() {
                break;
            }
            read.extend(page.texts("items", "id"));
            let next = page.json["next"].as_str().expect("there always");
            path = format!("/v1/feed?limit=4&cursor={next}");
        }
        assert_eq!(read, ids(1..=BEGIN));
        let from_now = world.read("/v1/feed?cursor=now");
        assert_eq!(from_now, json!({"items": [], "next": "c6"}));
    });
}

#[test]
fn long_poll_returns_the_next_change() {
    World::on_each_store(|world| {
        let (mut client, credentials) = (world.client(), basic("acme", &world.acme));
        let waiting = thread::spawn(move || {
            let path = format!("/v1/feed?cursor=c{BEGIN}&wait_s=30");
            client.request("GET", &path, &[("Authorization", &credentials)], "").unwrap()
        });
        // Whether it waits by now or not, it gets the next change.
        let created = world.done("POST", "/v1/phones", json!({"number": "2001", "name": "Asha"}));
        let reply = waiting.join().unwrap();
        let page: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(
            (&page["next"], &page["items"][0]["phone"]),
            (&json!("c7"), &created.json["id"])
        );
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        let begun = Instant::now();
        let none = world.read("/v1/feed?cursor=c7&wait_s=1");
        assert!(begun.elapsed() >= Duration::from_secs(1));
        assert_eq!(none, json!({"items": [], "next": "c7"}));
    });
}

/// A connection on which a reader waits for the change after this one. Two requests arrive
/// together: when the first one is answered, the server works on the second one.
fn begin_long_poll(world: &World, api_key: &str, after: u64) -> Client {
    let (mut client, credentials) = (world.client(), basic("acme", api_key));
    let requests = ["", "&wait_s=30"].map(|wait| {
        format!(
            "GET /v1/feed?cursor=c{after}{wait} HTTP/1.1\r\nHost: test\r\n\
             Authorization: {credentials}\r\n\r\n"
        )
    });
    client.send(&requests.concat()).unwrap();
    assert_eq!(client.reply().unwrap().status, 200);
    client
}

#[test]
fn long_poll_returns_401_when_its_key_is_deleted() {
    let world = &mut World::new();
    let key = world.key("read");
    let mut client = begin_long_poll(world, &key, BEGIN + 1);
    world.delete("/v1/account/keys/k7");
    let reply = client.reply().unwrap();
    assert_eq!(reply.status, 401, "{reply:?}");
    assert!(reply.header("www-authenticate").is_some(), "{reply:?}");
}

#[test]
fn returns_409_and_the_newest_change_for_a_cursor_ahead_of_the_history() {
    let ahead = World::new().get("/v1/feed?cursor=c7");
    ahead.assert_problem(409, "cursor_ahead");
    assert_eq!(ahead.json["newest"], "c6");
}

/// The server answers waiting readers when it stops, and does not wait for them.
#[test]
fn stops_at_once_during_a_long_poll() {
    let world = &mut World::new();
    let mut client = begin_long_poll(world, &world.acme, BEGIN);
    world.read("/v1/changes/c1");
    let begun = Instant::now();
    world.stop();
    assert!(begun.elapsed() < STOPS_WITHIN);
    let reply = client.reply().unwrap();
    assert_eq!(reply.body, format!("{{\"items\":[],\"next\":\"c{BEGIN}\"}}"));
}
