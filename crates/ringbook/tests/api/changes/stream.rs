//! `GET /v1/changes` as Server-Sent Events.

use std::time::Instant;

use serde_json::{Value, json};

use super::{BEGIN, STOPS_WITHIN};
use crate::world::World;
use test_support::basic;
use test_support::{Event, Events, until};

fn open(world: &World, path: &str, headers: &[(&str, &str)]) -> Events {
    let credentials = basic("acme", &world.acme);
    let headers = [headers, &[("Authorization", credentials.as_str())]].concat();
    Events::open(world.server().address, path, &headers).unwrap()
}

/// The status and the code of a stream that is refused.
fn refused(world: &World, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let credentials = basic("acme", &world.acme);
    let headers = [headers, &[("Authorization", credentials.as_str())]].concat();
    let (reply, _) = Events::ask(world.server().address, path, &headers).unwrap();
    let problem: Value = serde_json::from_str(&reply.body).unwrap();
    (reply.status, problem["code"].as_str().unwrap().to_owned())
}

#[track_caller]
fn next(events: &mut Events) -> Event {
    events.next_event().unwrap().expect("the stream goes on")
}

#[test]
fn streams_each_change_from_now_on() {
    World::on_each_store(|world| {
        let mut events = open(world, "/v1/changes", &[]);
        // Who loses it before anything has come knows where to go on.
        let begin = events.next_block().unwrap().unwrap();
        assert_eq!((begin.id, begin.kind.as_str()), (Some(BEGIN), ""));
        for number in 1..=3 {
            let name = format!("Ravi-{number}");
            world.call("PATCH", "/v1/phones/p1", json!({"name": name}));
            let event = next(&mut events);
            assert_eq!((event.id, event.kind.as_str()), (Some(BEGIN + number), "change"));
            let change = world.call("GET", &format!("/v1/changes/{}", BEGIN + number), Value::Null);
            assert_eq!(event.data, change.json);
        }
    });
}

#[test]
fn resumes_a_stream_after_the_last_event_id() {
    World::on_each_store(|world| {
        let mut events = open(world, "/v1/changes?after=0", &[]);
        let ids: Vec<_> = (1..=BEGIN).map(|_| next(&mut events).id.unwrap()).collect();
        assert_eq!(ids, (1..=BEGIN).collect::<Vec<_>>());
        // A client connects again with the path that it began with.
        let mut again = open(world, "/v1/changes?after=0", &[("Last-Event-ID", "4")]);
        assert_eq!(next(&mut again).id, Some(5));
    });
}

#[test]
fn negotiates_a_stream_by_the_accept_header() {
    const JSON: &str = "application/json";
    let world = &mut World::new();
    for (accept, expected) in [
        ("text/event-stream;q=0, application/json", JSON),
        ("text/event-stream;q=0", JSON),
        ("application/json, text/event-stream;q=0.5", JSON),
        ("*/*", JSON),
        ("text/html", JSON),
        ("application/json;q=0.5, text/event-stream", "text/event-stream"),
    ] {
        let credentials = basic("acme", &world.acme);
        let headers = [("Authorization", credentials.as_str()), ("Accept", accept)];
        let path = "/v1/changes?after=0&limit=2";
        if expected == JSON {
            let answer = world.request("GET", path, &headers, Value::Null);
            assert_eq!(answer.header("content-type"), Some(expected), "{accept}");
            assert_eq!(answer.header("vary"), Some("accept"), "{accept}");
        } else {
            // A stream has no pages.
            let answer = world.request("GET", path, &headers, Value::Null);
            assert_eq!((answer.status, answer.code()), (400, "invalid_query"), "{accept}");
        }
    }
    let credentials = basic("acme", &world.acme);
    let headers = [("Authorization", credentials.as_str())];
    let (reply, _) = Events::ask(world.server().address, "/v1/changes", &headers).unwrap();
    assert_eq!(reply.header("vary"), Some("accept"));
}

/// What it has not read yet was deleted. By hand, as nobody is that slow: change 6 becomes the
/// ninth, and the ones before it are gone.
#[test]
fn ends_a_stream_that_the_pruned_history_overtook() {
    World::on_each_store(|world| {
        let mut events = open(world, "/v1/changes", &[]);
        assert_eq!(events.next_block().unwrap().unwrap().id, Some(BEGIN));
        let newest = BEGIN + 3;
        world.store_sql(&format!(
        "BEGIN; UPDATE change SET version = {newest} WHERE account_id = 1 AND version = {BEGIN};
         DELETE FROM change WHERE account_id = 1 AND version < {newest};
         UPDATE account_version SET version = {newest} WHERE account_id = 1; COMMIT"
    ));
        let problem = next(&mut events);
        assert_eq!((problem.kind.as_str(), problem.id), ("problem", None));
        let told = (&problem.data["code"], &problem.data["oldest"]);
        assert_eq!(told, (&json!("history_pruned"), &json!(newest)));
        assert_eq!(events.next_event().unwrap(), None);
    });
}

#[test]
fn rejects_invalid_ahead_and_pruned_stream_cursors() {
    World::on_each_store(|world| {
        for (path, headers, status, code) in [
            ("/v1/changes", &[("Last-Event-ID", "x")][..], 400, "invalid_header"),
            ("/v1/changes", &[("Last-Event-ID", "7")], 409, "cursor_ahead"),
            ("/v1/changes?after=7", &[], 409, "cursor_ahead"),
            ("/v1/changes?phone=p1", &[], 400, "invalid_query"),
            ("/v1/changes?wait_s=3", &[], 400, "invalid_query"),
            ("/v1/changes?limit=3", &[], 400, "invalid_query"),
        ] {
            assert_eq!(
                refused(world, path, headers),
                (status, code.to_owned()),
                "{path} {headers:?}"
            );
        }
        let day_us = 24 * 3_600_000_000_u64;
        world.store_sql(&format!(
            "UPDATE change SET at_us = at_us - {} WHERE account_id = 1 AND version <= 4",
            2 * day_us
        ));
        world.restart_keeping_a_day();
        until("the old changes are deleted", || {
            world.call("GET", "/v1/changes/1", Value::Null).status == 410
        });
        let pruned = (410, "history_pruned".to_owned());
        assert_eq!(refused(world, "/v1/changes?after=3", &[]), pruned);
        assert_eq!(next(&mut open(world, "/v1/changes?after=4", &[])).id, Some(5));
    });
}

#[test]
fn ends_a_stream_when_its_key_is_replaced() {
    let world = &mut World::new();
    let mut events = open(world, "/v1/changes", &[]);
    world.replace_key();
    let problem = next(&mut events);
    assert_eq!((problem.kind.as_str(), problem.id), ("problem", None));
    assert_eq!(problem.data["code"], "unauthorized");
    assert_eq!(events.next_event().unwrap(), None);
    // With the new one, nothing was missed.
    let mut again = open(world, "/v1/changes", &[("Last-Event-ID", "6")]);
    assert_eq!(next(&mut again).data["after"]["api_key"], "changed");
}

#[test]
fn ends_a_stream_when_its_account_is_deleted() {
    for delete in [World::delete_account, World::delete_account_here] {
        World::on_each_store(|world| {
            let mut events = open(world, "/v1/changes", &[]);
            delete(world);
            let problem = next(&mut events);
            assert_eq!(problem.kind, "problem");
            assert_eq!(problem.data["code"], "no_such_account", "{problem:?}");
            assert_eq!(events.next_event().unwrap(), None);
        });
    }
}

#[test]
fn stops_at_once_with_open_streams() {
    let world = &mut World::new();
    let mut streams: Vec<_> = (0..8).map(|_| open(world, "/v1/changes", &[])).collect();
    let begun = Instant::now();
    world.stop();
    assert!(begun.elapsed() < STOPS_WITHIN);
    for events in &mut streams {
        assert_eq!(events.next_event().unwrap(), None, "it ends as it should");
    }
}

#[test]
fn sends_keepalive_comments_on_an_idle_stream() {
    let world = &mut World::new();
    let mut events = open(world, "/v1/changes", &[]);
    assert!(!events.next_block().unwrap().unwrap().is_comment);
    assert!(events.next_block().unwrap().unwrap().is_comment);
}

#[test]
fn returns_429_for_the_129th_waiting_reader() {
    let world = &mut World::new();
    let mut streams: Vec<_> = (0..128).map(|_| open(world, "/v1/changes", &[])).collect();
    assert_eq!(refused(world, "/v1/changes", &[]), (429, "too_many_requests".to_owned()));
    let wait = world.call("GET", &format!("/v1/changes?after={BEGIN}&wait_s=1"), Value::Null);
    assert_eq!((wait.status, wait.code()), (429, "too_many_requests"));
    assert!(wait.header("retry-after").is_some());
    // Who does not wait takes no place.
    let read = world.call("GET", &format!("/v1/changes?after={BEGIN}"), Value::Null);
    assert_eq!(read.status, 200);
    world.call("PATCH", "/v1/phones/p1", json!({"name": "Asha"}));
    for events in &mut streams {
        assert_eq!(next(events).id, Some(BEGIN + 1));
    }
    drop(streams);
    until("their places are free again", || {
        let path = format!("/v1/changes?after={}&wait_s=1", BEGIN + 1);
        world.call("GET", &path, Value::Null).status == 200
    });
}
