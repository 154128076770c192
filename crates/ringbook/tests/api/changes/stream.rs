//! `GET /v1/feed` as Server-Sent Events.

use std::time::Instant;

use serde_json::{Value, json};

use super::{BEGIN, STOPS_WITHIN};
use crate::answer::Answer;
use crate::world::World;
use test_support::{Event, Events, basic, until};

/// Asks for a stream.
fn request(world: &World, path: &str, headers: &[(&str, &str)]) -> (Answer, Events) {
    let credentials = basic("acme", &world.acme);
    let headers = [headers, &[("Authorization", credentials.as_str())]].concat();
    let (reply, events) = Events::ask(world.server().address, path, &headers).unwrap();
    (reply.into(), events)
}

#[track_caller]
fn open(world: &World, path: &str, headers: &[(&str, &str)]) -> Events {
    let (answer, events) = request(world, path, headers);
    assert_eq!(answer.header("content-type"), Some("text/event-stream"), "{answer:?}");
    events
}

#[track_caller]
fn next(events: &mut Events) -> Event {
    events.next_event().unwrap().expect("the stream goes on")
}

/// The stream ends with a problem, which is returned.
#[track_caller]
fn assert_ends(events: &mut Events, code: &str) -> Value {
    let problem = next(events);
    assert_eq!((problem.kind.as_str(), &problem.id), ("problem", &None));
    assert_eq!(problem.data["code"], code, "{problem:?}");
    assert_eq!(events.next_event().unwrap(), None);
    problem.data
}

#[test]
fn streams_each_change_from_now_on() {
    World::on_each_store(|world| {
        let mut events = open(world, "/v1/feed?cursor=now", &[]);
        // A client that loses it before the first event knows where to resume.
        let begin = events.next_block().unwrap().unwrap();
        assert_eq!((begin.id.as_deref(), begin.kind.as_str()), (Some("c6"), ""));
        for number in 1..=3 {
            world.done("PATCH", "/v1/phones/p1", json!({"name": format!("Ravi-{number}")}));
            let event = next(&mut events);
            let id = format!("c{}", BEGIN + number);
            assert_eq!((event.id.as_deref(), event.kind.as_str()), (Some(&*id), "change"));
            assert_eq!(event.data, world.read(&format!("/v1/changes/{id}")));
        }
    });
}

#[test]
fn resumes_a_stream_after_the_last_event_id() {
    World::on_each_store(|world| {
        let mut events = open(world, "/v1/feed", &[]);
        let ids: Vec<_> = (1..=BEGIN).map(|_| next(&mut events).id.unwrap()).collect();
        assert_eq!(ids, super::ids(1..=BEGIN));
        // A client connects again with the path that it began with.
        let mut again = open(world, "/v1/feed", &[("Last-Event-ID", "c4")]);
        assert_eq!(next(&mut again).id.as_deref(), Some("c5"));
    });
}

#[test]
fn negotiates_a_stream_by_the_accept_header() {
    let world = &mut World::new();
    // A unit test of the negotiation has more variants.
    for accept in ["text/event-stream;q=0", "application/json, text/event-stream;q=0.5", "*/*"] {
        let path = "/v1/feed?limit=2";
        let answer = world.call_with("GET", path, &[("Accept", accept)], Value::Null);
        assert_eq!(answer.header("content-type"), Some("application/json"), "{accept}");
        assert_eq!(answer.header("vary"), Some("accept"), "{accept}");
    }
    let (answer, _) = request(world, "/v1/feed?cursor=now", &[]);
    assert_eq!(answer.header("vary"), Some("accept"));
}

/// Changes that the reader has not read yet are deleted, here by hand, as no reader is that slow:
/// change 6 becomes the ninth, and the ones before it are gone.
#[test]
fn ends_a_stream_that_the_pruned_history_overtook() {
    World::on_each_store(|world| {
        let mut events = open(world, "/v1/feed?cursor=now", &[]);
        assert_eq!(events.next_block().unwrap().unwrap().id.as_deref(), Some("c6"));
        let newest = BEGIN + 3;
        world.store_sql(&format!(
            "BEGIN; UPDATE change SET version = {newest} WHERE account_id = 1 AND version = {BEGIN};
             DELETE FROM change WHERE account_id = 1 AND version < {newest};
             UPDATE account_version SET version = {newest} WHERE account_id = 1; COMMIT"
        ));
        assert_eq!(assert_ends(&mut events, "history_pruned")["oldest"], "c9");
    });
}

#[test]
fn rejects_ahead_and_pruned_stream_cursors() {
    World::on_each_store(|world| {
        for (path, headers) in
            [("/v1/feed?cursor=now", &[("Last-Event-ID", "c7")][..]), ("/v1/feed?cursor=c7", &[])]
        {
            request(world, path, headers).0.assert_problem(409, "cursor_ahead");
        }
        world.age_changes(4);
        world.restart_keeping_a_day();
        until("the old changes are deleted", || world.get("/v1/changes/c1").status == 410);
        request(world, "/v1/feed?cursor=c3", &[]).0.assert_problem(410, "history_pruned");
        assert_eq!(next(&mut open(world, "/v1/feed?cursor=c4", &[])).id.as_deref(), Some("c5"));
    });
}

#[test]
fn ends_a_stream_when_its_key_is_replaced() {
    for replace_key in [World::replace_key, World::replace_key_elsewhere] {
        World::on_each_store(|world| {
            let mut events = open(world, "/v1/feed?cursor=now", &[]);
            replace_key(world);
            assert_ends(&mut events, "unauthorized");
            // With the new key, it resumes without a gap.
            let mut again = open(world, "/v1/feed?cursor=now", &[("Last-Event-ID", "c6")]);
            assert_eq!(next(&mut again).data["after"]["api_key"], "changed");
        });
    }
}

#[test]
fn ends_a_stream_when_its_account_is_deleted() {
    for delete in [World::delete_account, World::delete_account_here] {
        World::on_each_store(|world| {
            let mut events = open(world, "/v1/feed?cursor=now", &[]);
            delete(world);
            assert_ends(&mut events, "no_such_account");
        });
    }
}

#[test]
fn stops_at_once_with_open_streams() {
    let world = &mut World::new();
    let mut streams: Vec<_> = (0..8).map(|_| open(world, "/v1/feed?cursor=now", &[])).collect();
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
    let mut events = open(world, "/v1/feed?cursor=now", &[]);
    assert!(!events.next_block().unwrap().unwrap().is_comment);
    assert!(events.next_block().unwrap().unwrap().is_comment);
}

#[test]
fn returns_429_for_the_129th_waiting_reader() {
    let world = &mut World::new();
    let mut streams: Vec<_> = (0..128).map(|_| open(world, "/v1/feed?cursor=now", &[])).collect();
    request(world, "/v1/feed?cursor=now", &[]).0.assert_problem(429, "too_many_requests");
    let wait = world.get(&format!("/v1/feed?cursor=c{BEGIN}&wait_s=1"));
    wait.assert_problem(429, "too_many_requests");
    assert!(wait.header("retry-after").is_some());
    // A reader that does not wait needs no permit.
    world.read(&format!("/v1/feed?cursor=c{BEGIN}"));
    world.done("PATCH", "/v1/phones/p1", json!({"name": "Asha"}));
    for events in &mut streams {
        assert_eq!(next(events).id.as_deref(), Some("c7"));
    }
    drop(streams);
    let path = format!("/v1/feed?cursor=c{}&wait_s=1", BEGIN + 1);
    until("their permits are free again", || world.get(&path).status == 200);
}
