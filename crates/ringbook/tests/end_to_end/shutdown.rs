//! A server that is told to stop.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;

use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::json;

use test_support::{
    Agent, Client, DONE, DRAIN, Home, PATH, Random, Server, until, wait_for_edits, wait_for_text,
};

#[test]
fn stores_every_edit_that_was_answered_before_shutdown() {
    let mut random = Random::new();
    let home = Home::new();
    let (mut agents, key) = Agent::fleet(&home, "acme", 32);
    for _ in 0..5 {
        let mut server = home.serve(&[]);
        let address = server.address;
        // Nobody speaks on this one, which must hold nobody up.
        let mut idle = server.client();
        assert_eq!(idle.get("/healthz").unwrap().body, "ok\n");
        let (target, count) = ((address, "acme", key.as_str()), 50 + random.below(100));
        Agent::edit_until_gone(&mut agents, 8, target, &mut random, |edits| {
            wait_for_edits(edits, count);
            server.terminate();
            until("new connections are refused", || {
                let refused = TcpStream::connect(address).map_err(|error| error.kind());
                refused.err() == Some(ErrorKind::ConnectionRefused)
            });
            let status = server.wait(DRAIN);
            assert_eq!(status.code(), Some(0), "{}", server.log());
        });
        assert!(idle.is_closed());
        assert!(server.log().contains("stopped"), "{}", server.log());
        // A stop that is no kill leaves nothing unanswered that has begun.
        Agent::settle_all(&mut agents, &home.phones("acme"));
    }
    home.check();
    home.assert_history();
}

#[test]
fn stops_on_sigint() {
    let home = Home::new();
    let mut server = home.serve(&[]);
    server.interrupt();
    assert_eq!(server.wait(DRAIN).code(), Some(0));
}

/// Half of the time that requests get that have arrived, as the test machine may be busy.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A server with an edit in progress, which waits for the write lock of another process.
fn edit_in_progress(home: &Home, log_format: &str) -> (Server, Client, Connection) {
    let key = home.account("acme", &[]);
    let server = home.serve(&["--log-format", log_format]);
    let lock = Connection::open(home.store()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut client = server.client();
    let body = json!({"userName": "acme", "action": "create", "phoneNumber": "911",
                      "phoneName": "Ravi"});
    begin(&mut client, &key, body.to_string().len());
    client.send(&body.to_string()).unwrap();
    (server, client, lock)
}

/// Sends the head of a request, and waits until the server asks for the body.
fn begin(client: &mut Client, key: &str, body_bytes: usize) {
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: test\r\napiKey: {key}\r\nExpect: 100-continue\r\n\
         Content-Length: {body_bytes}\r\n\r\n"
    );
    client.send(&head).unwrap();
    assert_eq!(client.reply().unwrap().status, 100);
}

#[test]
fn ends_at_once_on_a_second_signal() {
    let signals = [
        (Signal::INT, Signal::INT, 130),
        (Signal::TERM, Signal::INT, 130),
        (Signal::INT, Signal::TERM, 143),
    ];
    for (first, second, code) in signals {
        let home = Home::new();
        let (mut server, mut client, lock) = edit_in_progress(&home, "json");
        server.signal(first);
        wait_for_text(&server.log_file, "stopping");
        server.signal(second);
        assert_eq!(server.wait(DRAIN).code(), Some(code), "{}", server.log());
        assert!(server.log().contains("a second signal"), "{}", server.log());
        assert!(client.is_closed());
        drop(lock);
        assert_eq!(home.phones("acme"), []);
    }
}

#[test]
fn answers_a_request_in_progress_after_the_first_signal() {
    let home = Home::new();
    let (mut server, mut client, lock) = edit_in_progress(&home, "text");
    server.terminate();
    wait_for_text(&server.log_file, "stopping");
    drop(lock);
    assert_eq!(client.reply().unwrap().body, DONE);
    assert_eq!(server.wait(DRAIN).code(), Some(0));
    assert_eq!(home.phones("acme").len(), 1);
}

/// A client that has begun a request and does not end it is not waited for.
#[test]
fn does_not_wait_for_requests_that_do_not_arrive() {
    let home = Home::new();
    let key = home.account("acme", &[]);
    let mut server = home.serve(&[]);
    let mut half_head = server.client();
    half_head.send("POST /ca_apis/PhoneManageV2 HTTP/1.1\r\nHost: te").unwrap();
    let mut second_head = server.client();
    assert_eq!(second_head.get("/healthz").unwrap().status, 200);
    second_head.send("GET /healthz HTTP/1.1\r\nHost: te").unwrap();
    let mut half_body = server.client();
    begin(&mut half_body, &key, 100);
    half_body.send("{").unwrap();
    server.terminate();
    assert_eq!(server.wait(AT_ONCE).code(), Some(0));
    assert!(half_head.is_closed() && second_head.is_closed() && half_body.is_closed());
}
