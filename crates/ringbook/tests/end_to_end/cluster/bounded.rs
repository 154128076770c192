//! Many clients during an outage: a node takes no more for them than before.

use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use test_postgres::{Mode, Server as Database, Settings};

use super::network::fail_with;
use super::nodes::{ANSWERED_WITHIN, Cluster, Node};
use test_support::{DONE, NOT_VALID, Reply, UNAVAILABLE, basic, request_text};

const CLIENTS: usize = 200;

/// How many more threads a node may have during an outage than before.
const THREADS_MORE: usize = 16;

/// How much more memory a node may take in the course of an outage.
const RESIDENT_MORE_KIB: usize = 16 * 1024;

/// What a node takes.
#[derive(Debug)]
struct Usage {
    threads: usize,
    resident_kib: usize,
}

impl Usage {
    fn of(node: &Node) -> Self {
        // A line a thread, in the words of each system.
        let threads = if cfg!(target_os = "macos") { "-M" } else { "-L" };
        let threads = ps(node, &[threads]).lines().count() - 1;
        let resident_kib = ps(node, &["-o", "rss="]).trim().parse().unwrap();
        Self { threads, resident_kib }
    }
}

fn ps(node: &Node, options: &[&str]) -> String {
    let id = node.id().to_string();
    let output = Command::new("ps").args(options).args(["-p", &id]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_outage_takes_no_more_threads_or_memory() {
    fail_with(CLIENTS, |proxy, node, load| {
        load.wait_for_done(CLIENTS);
        let before = Usage::of(node);
        proxy.set_mode(Mode::BlackHole);
        load.wait_for_refused(5 * CLIENTS);
        let early = Usage::of(node);
        load.wait_for_refused(30 * CLIENTS);
        let late = Usage::of(node);
        println!("{before:?}, {early:?}, {late:?}");
        assert!(late.threads <= before.threads + THREADS_MORE, "{before:?}, {late:?}");
        let is_bounded = late.resident_kib <= early.resident_kib + RESIDENT_MORE_KIB;
        assert!(is_bounded, "{early:?}, {late:?}");
        proxy.set_mode(Mode::Pass);
    });
}

/// Calls with names of accounts that do not exist, on many connections at once. Whether there is
/// such an account only the database knows, so each of them asks it.
fn call_as_strangers(node: &Node, assert_told: impl Fn(&Reply) + Sync) {
    let begun = Barrier::new(CLIENTS);
    thread::scope(|scope| {
        for id in 0..CLIENTS {
            let (begun, assert_told) = (&begun, &assert_told);
            scope.spawn(move || {
                let mut caller = node.caller(&format!("stranger-{id}"), "any key");
                begun.wait();
                for _ in 0..5 {
                    let sent = Instant::now();
                    let reply = caller.call("get", &json!({"phoneNumber": "911"})).unwrap();
                    assert!(sent.elapsed() < ANSWERED_WITHIN, "{:?}", sent.elapsed());
                    assert_told(&reply);
                }
            });
        }
    });
}

#[test]
fn unknown_users_take_few_threads() {
    fail_with(2, |proxy, node, _| {
        let before = Usage::of(node);
        proxy.set_mode(Mode::BlackHole);
        call_as_strangers(node, |reply| {
            assert_eq!((reply.status, reply.body.as_str()), (503, UNAVAILABLE));
        });
        let late = Usage::of(node);
        println!("{before:?}, {late:?}");
        assert!(late.threads <= before.threads + THREADS_MORE, "{before:?}, {late:?}");
        proxy.set_mode(Mode::Pass);
    });
}

/// Requests that wait for the database leave the others alone.
#[test]
fn healthz_answers_while_the_database_is_frozen() {
    let database = Database::start(&Settings::new());
    let cluster = Cluster::on(&database);
    let key = cluster.home.account("acme", &[]);
    let operator = cluster.home.ok(&["operator", "create-key", "test"]);
    let operator = cluster.home.keep_secret(operator.trim());
    let node = cluster.home.serve(&[]);
    assert_eq!(node.caller("acme", &key).create("911", "Ravi", "").unwrap().body, DONE);
    database.freeze();
    let (key, operator) = (basic("acme", &key), format!("Bearer {operator}"));
    let mut health = node.client();
    let mut waiting = Vec::new();
    for (credentials, method, path, body) in [
        (&key, "GET", "/v1/phones", ""),
        (&key, "GET", "/v1/changes", ""),
        (&key, "GET", "/v1/account/keys", ""),
        (&key, "POST", "/v1/phones", r#"{"number": "912", "name": "Mira"}"#),
        (&operator, "GET", "/v1/operator/accounts", ""),
        (&operator, "POST", "/v1/operator/accounts", r#"{"user_name": "initech"}"#),
        (&basic("nobody", "any key"), "GET", "/v1/phones", ""),
    ] {
        let headers = [("Authorization", &**credentials), ("Content-Type", "application/json")];
        for _ in 0..50 {
            let mut client = node.client();
            client.send(&request_text(method, path, &headers, body)).unwrap();
            waiting.push((client, path));
        }
        assert_eq!(health.get("/healthz").unwrap().status, 200);
    }
    for (mut client, path) in waiting {
        assert_eq!(client.reply().unwrap().status, 503, "{path}");
    }
    database.thaw();
}

/// Those who have no credentials keep nobody from their work who has, though the database is slow.
#[test]
fn unknown_users_do_not_delay_others() {
    fail_with(2, |proxy, node, load| {
        proxy.set_mode(Mode::Delay(Duration::from_millis(20)));
        load.wait_for_done(10);
        let before = load.counts();
        call_as_strangers(node, |reply| {
            let is_told = [NOT_VALID, UNAVAILABLE].contains(&reply.body.as_str());
            assert!(is_told, "{reply:?}");
        });
        load.wait_for_done(10);
        let after = load.counts();
        assert_eq!((before.nothing, before.unknown), (after.nothing, after.unknown));
        proxy.set_mode(Mode::Pass);
    });
}
