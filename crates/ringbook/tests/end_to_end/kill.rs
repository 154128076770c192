//! Servers that are killed in the middle of everything.

use serde_json::json;

use test_support::{Agent, DONE, Home, PATH, Random, request_text, until, wait_for_edits};

/// Rounds where `RINGBOOK_KILL_ROUNDS` does not say another number.
const ROUNDS: usize = 100;

const CALLERS: usize = 4;
const AGENTS: usize = 20;
/// A server is killed after fewer acknowledged edits than this.
const EDITS_MAX: usize = 60;

/// Every acknowledged edit is there afterwards, and every phone is in the state that was
/// acknowledged, or in the one that was asked for: whole.
#[test]
fn keeps_every_acknowledged_edit_through_kills() {
    let rounds = std::env::var("RINGBOOK_KILL_ROUNDS")
        .map_or(ROUNDS, |rounds| rounds.parse().expect("RINGBOOK_KILL_ROUNDS is a number"));
    let mut random = Random::new();
    let home = Home::new();
    let (mut agents, key) = Agent::fleet(&home, "acme", AGENTS);
    let (mut edits, mut unanswered) = (0, 0);
    for round in 1..=rounds {
        let mut server = home.serve(&[]);
        // Read beside the server, which has recovered the store before.
        unanswered += Agent::settle_all(&mut agents, &home.phones("acme"));
        let target = (server.address, "acme", key.as_str());
        let count = random.below(EDITS_MAX);
        Agent::edit_until_gone(&mut agents, CALLERS, target, &mut random, |edits| {
            wait_for_edits(edits, count);
            server.kill();
        });
        edits += count;
        if round % 10 == 0 {
            home.check();
        }
    }
    Agent::settle_all(&mut agents, &home.phones("acme"));
    home.check();
    home.assert_history();
    println!("{rounds} rounds, {edits} edits acknowledged before a kill, {unanswered} unanswered");
}

/// The server is killed after an edit is on stable storage and before its client has the answer.
/// Without the `Idempotency-Key` the client would be told that there is no such phone.
#[test]
fn replays_an_edit_whose_reply_was_lost_in_a_kill() {
    let home = Home::new();
    let key = home.account("acme", &[]);
    for round in 0..5 {
        let mut server = home.serve(&[]);
        let (name, from, to) = (format!("Agent-{round}"), "+911", "+912");
        assert_eq!(server.caller("acme", &key).create(from, &name, "").unwrap().body, DONE);
        let edit = json!({"phoneNumber": from, "phoneName": name, "phoneNumberNew": to});
        let mut body = edit.clone();
        body["userName"] = "acme".into();
        body["action"] = "edit".into();
        let body = body.to_string();
        // As a caller sends it below: the same bytes.
        let headers = [("apiKey", key.as_str()), ("Idempotency-Key", &name)];
        let mut client = server.client();
        client.send(&request_text("POST", PATH, &headers, &body)).unwrap();
        until("the edit is stored", || home.phones("acme")[0].number == to);
        server.kill();

        let server = home.serve(&[]);
        let mut caller = server.caller("acme", &key);
        let output = caller.call_once(&name, "edit", &edit).unwrap();
        assert_eq!(
            (output.body.as_str(), output.header("idempotent-replayed")),
            (DONE, Some("true"))
        );
        assert_eq!(caller.delete(to, &name).unwrap().body, DONE);
    }
    home.check();
    home.assert_history();
}
