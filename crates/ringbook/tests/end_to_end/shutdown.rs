//! A server that is told to stop.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use test_support::{Agent, DRAIN, Home, Random, until, wait_for_edits};

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

/// A client that has begun a request and never ends it is waited for, and not for ever.
#[test]
fn waits_ten_seconds_at_most_for_clients_that_hang() {
    let home = Home::new();
    let key = home.account("acme", &[]);
    let mut server = home.serve(&[]);
    let mut half_head = server.client();
    half_head.send("POST /ca_apis/PhoneManageV2 HTTP/1.1\r\nHost: te").unwrap();
    let mut half_body = server.client();
    half_body
        .send(&format!(
            "POST /ca_apis/PhoneManageV2 HTTP/1.1\r\nHost: test\r\napiKey: {key}\r\n\
             Content-Length: 100\r\n\r\n{{"
        ))
        .unwrap();
    // Both have been read by now, as what came later is answered.
    assert_eq!(server.client().get("/healthz").unwrap().status, 200);
    let begun = Instant::now();
    server.terminate();
    assert_eq!(server.wait(DRAIN + Duration::from_secs(5)).code(), Some(0));
    println!("{:?}", begun.elapsed());
}
