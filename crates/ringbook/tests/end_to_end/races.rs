//! Many callers at once for what only one of them can have: on one server and two over a file, and
//! on four over PostgreSQL.

use test_postgres::Server as Database;
use test_support::{
    CALLERS, DONE, Home, LIMIT_EXCEEDED, Server, TAKEN, assert_once, assert_one, at_once,
};

use crate::cluster::Cluster;

const ROUNDS: usize = 10;

fn on_servers(check: impl Fn(&Home, &str, &[Server])) {
    for count in [1, 2] {
        let home = Home::new();
        check_on(&home, count, &check);
        home.assert_history();
    }
    let cluster = Cluster::shared();
    check_on(&cluster.home, 4, &check);
    cluster.assert_history(Database::shared());
}

fn check_on(home: &Home, servers: usize, check: &impl Fn(&Home, &str, &[Server])) {
    let key = home.account("acme", &[]);
    let servers: Vec<_> = (0..servers).map(|_| home.serve(&[])).collect();
    check(home, &key, &servers);
    home.check();
}

/// Everybody creates a phone, in several rounds: a number and a name for each round and caller.
fn race_to_create(
    refusal: &str,
    phone: impl Fn(usize, usize) -> (String, String) + Sync,
    before_round: impl Fn(&Home, usize),
) {
    on_servers(|home, key, servers| {
        for round in 0..ROUNDS {
            before_round(home, round);
            let replies = at_once(servers, key, |caller, id| {
                let (number, name) = phone(round, id);
                caller.create(&number, &name, "").unwrap().body
            });
            assert_one(&replies, refusal);
        }
        assert_eq!(home.phones("acme").len(), ROUNDS);
    });
}

#[test]
fn creates_one_phone_of_a_number() {
    let phone = |round, id| (format!("+91{round:04}"), format!("Agent-{round}.{id}"));
    race_to_create(TAKEN, phone, |_, _| {});
}

#[test]
fn creates_one_phone_of_a_name_in_any_case() {
    let phone = |round, id| {
        let name = if id % 3 == 0 { "Agent" } else { "AGENT" };
        (format!("+91{round:04}{id:04}"), format!("{name}-{round}"))
    };
    race_to_create(TAKEN, phone, |_, _| {});
}

#[test]
fn creates_one_phone_at_the_limit() {
    let phone = |round, id| (format!("+91{round:04}{id:04}"), format!("Agent-{round}.{id}"));
    race_to_create(LIMIT_EXCEEDED, phone, |home, round| {
        let limit = (round + 1).to_string();
        home.ok(&["account", "edit", "acme", "--phone-number-limit", &limit]);
    });
}

/// Everybody gives their own phone the same new number.
#[test]
fn renumbers_one_phone_to_a_number() {
    on_servers(|home, key, servers| {
        let mut caller = servers[0].caller("acme", key);
        for number in 0..CALLERS {
            let created = caller.create(&format!("+1{number:03}"), &format!("Agent-{number}"), "");
            assert_eq!(created.unwrap().body, DONE);
        }
        let replies = at_once(servers, key, |caller, number| {
            let (from, name) = (format!("+1{number:03}"), format!("Agent-{number}"));
            caller.renumber(&name, &from, "+2000").unwrap().body
        });
        assert_one(&replies, TAKEN);
        assert_eq!(home.phones("acme").len(), CALLERS);
    });
}

/// A client that retries a request before it has the answer to the first.
#[test]
fn executes_a_request_with_an_idempotency_key_once() {
    on_servers(|home, key, servers| {
        for round in 0..ROUNDS {
            assert_once(servers, key, &format!("+91{round:04}"), &format!("Agent-{round}"));
        }
        assert_eq!(home.phones("acme").len(), ROUNDS);
    });
}

#[test]
fn deletes_a_phone_once() {
    const GONE: &str =
        r#"{"status":"error","message":"phone_name or phone_number does not exist"}"#;
    on_servers(|home, key, servers| {
        let created = servers[0].caller("acme", key).create("+911", "Ravi", "").unwrap();
        assert_eq!(created.body, DONE);
        let replies =
            at_once(servers, key, |caller, _| caller.delete("+911", "Ravi").unwrap().body);
        assert_one(&replies, GONE);
        assert!(home.phones("acme").is_empty());
    });
}
