//! `GET /v1/changes?after=`: the feed by long poll.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{BEGIN, STOPS_WITHIN, ids};
use crate::world::World;
use test_support::basic;

#[test]
fn returns_each_change_once_and_oldest_first() {
    World::on_each_store(|world| {
        let (mut read, mut after) = (Vec::new(), 0);
        loop {
            let page =
                world.call("GET", &format!("/v1/changes?after={after}&limit=4"), Value::Null);
            assert_eq!(page.status, 200, "{page:?}");
            let next = page.json["next"].as_u64().expect("there always");
            if next == after {
                assert_eq!(ids(&page), [0; 0]);
                break;
            }
            read.extend(ids(&page));
            after = next;
        }
        assert_eq!(read, (1..=BEGIN).collect::<Vec<_>>());
    });
}

#[test]
fn long_poll_returns_the_next_change() {
    World::on_each_store(|world| {
        let (mut client, credentials) = (world.client(), basic("acme", &world.acme));
        let waiting = thread::spawn(move || {
            let path = format!("/v1/changes?after={BEGIN}&wait_s=30");
            client.request("GET", &path, &[("Authorization", &credentials)], "").unwrap()
        });
        // Whether it waits by now or not, it gets what comes.
        let created = world.call("POST", "/v1/phones", json!({"number": "2001", "name": "Asha"}));
        let reply = waiting.join().unwrap();
        let page: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((&page["next"], &page["changes"][0]["phone"]), (&json!(7), &created.json["id"]));
        assert_eq!(page["changes"].as_array().unwrap().len(), 1);
        let begun = Instant::now();
        let none = world.call("GET", "/v1/changes?after=7&wait_s=1", Value::Null);
        assert!(begun.elapsed() >= Duration::from_secs(1));
        assert_eq!(none.json, json!({"changes": [], "next": 7}));
    });
}

/// Whether it waits by then or not, it has no answer for who has that key.
#[test]
fn long_poll_returns_401_when_its_key_is_deleted() {
    let world = &mut World::new();
    let body = json!({"name": "Wallboard", "scope": "read"});
    let made = world.call("POST", "/v1/account/keys", body);
    let key = world.keep_secret(made.json["key"].as_str().unwrap());
    let (mut client, credentials) = (world.client(), basic("acme", &key));
    let path = format!("/v1/changes?after={}", BEGIN + 1);
    let requests = [path.clone(), format!("{path}&wait_s=30")].map(|path| {
        format!("GET {path} HTTP/1.1\r\nHost: test\r\nAuthorization: {credentials}\r\n\r\n")
    });
    client.send(&requests.concat()).unwrap();
    assert_eq!(client.reply().unwrap().status, 200);
    let path = format!("/v1/account/keys/{}", made.json["id"]);
    assert_eq!(world.call("DELETE", &path, Value::Null).status, 204);
    let reply = client.reply().unwrap();
    assert_eq!(reply.status, 401, "{reply:?}");
    assert!(reply.header("www-authenticate").is_some(), "{reply:?}");
}

#[test]
fn returns_409_for_a_cursor_ahead_of_the_history() {
    let world = &mut World::new();
    for after in ["7", "18446744073709551615"] {
        let ahead = world.call("GET", &format!("/v1/changes?after={after}"), Value::Null);
        assert_eq!((ahead.status, ahead.code()), (409, "cursor_ahead"), "{after}");
        assert_eq!(ahead.json["newest"], BEGIN);
    }
}

/// The server stops while somebody waits: they are answered, and it does not wait for them.
#[test]
fn stops_at_once_during_a_long_poll() {
    let world = &mut World::new();
    let (mut client, credentials) = (world.client(), basic("acme", &world.acme));
    let path = format!("/v1/changes?after={BEGIN}");
    let requests = [path.clone(), format!("{path}&wait_s=30")].map(|path| {
        format!("GET {path} HTTP/1.1\r\nHost: test\r\nAuthorization: {credentials}\r\n\r\n")
    });
    // Both arrive together: once the first one is answered, the second one is being so.
    client.send(&requests.concat()).unwrap();
    assert_eq!(client.reply().unwrap().status, 200);
    assert_eq!(world.call("GET", "/v1/changes/1", Value::Null).status, 200);
    let begun = Instant::now();
    world.stop();
    assert!(begun.elapsed() < STOPS_WITHIN);
    let reply = client.reply().unwrap();
    assert_eq!(reply.body, format!("{{\"changes\":[],\"next\":{BEGIN}}}"));
}
