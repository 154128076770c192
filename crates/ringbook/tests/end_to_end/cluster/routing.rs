//! Calls are routed while the database is away, also by a node that starts meanwhile, and not to whom was
//! erased.

use std::fs;

use test_postgres::{Server as Database, Settings, until};
use test_support::{DONE, Home, UNAVAILABLE, basic, wait_for_text};

use super::nodes::{Cluster, Node};

const FILE: &str = "ring-lists";
const OPTIONS: [&str; 2] = ["--routing-cache", FILE];

/// Whom a call for `General` rings: the status and the numbers.
fn ring(node: &Node, key: &str) -> (u16, String) {
    let credentials = basic("acme", key);
    let headers = [("Authorization", &*credentials)];
    let told = node.client().request("GET", "/pbx/plain?skill=General", &headers, "").unwrap();
    (told.status, told.body)
}

fn file_has(home: &Home, text: &str) -> bool {
    fs::read_to_string(home.path(FILE)).is_ok_and(|content| content.contains(text))
}

fn is_ready(node: &Node) -> bool {
    node.client().get("/readyz").unwrap().status == 200
}

#[test]
fn a_node_that_starts_without_the_database_routes_calls_and_goes_on_by_itself() {
    let mut database = Database::start(&Settings::new());
    let cluster = Cluster::on(&database);
    let key = cluster.home.account("acme", &[]);
    cluster.home.skills("acme", &["General"]);
    let mut node = cluster.home.serve(&OPTIONS);
    assert_eq!(node.caller("acme", &key).create("9101", "Ravi", "General").unwrap().body, DONE);
    assert_eq!(ring(&node, &key), (200, "9101\n".into()));
    database.kill();
    assert_eq!(ring(&node, &key), (200, "9101\n".into()));
    until("the file is written", || file_has(&cluster.home, "9101"));
    node.kill();

    let node = cluster.home.serve(&OPTIONS);
    assert_eq!(ring(&node, &key), (200, "9101\n".into()));
    assert_eq!(ring(&node, "KKnever-seen").0, 503);
    assert!(!is_ready(&node));
    let refused = node.caller("acme", &key).create("9102", "Mira", "General").unwrap();
    assert_eq!(refused.body, UNAVAILABLE);
    wait_for_text(&node.log_file, "the store is away");
    database.restart();
    until("it is ready", || is_ready(&node));
    assert_eq!(node.caller("acme", &key).create("9102", "Mira", "General").unwrap().body, DONE);
    assert_eq!(ring(&node, &key), (200, "9101\n9102\n".into()));
    assert_eq!(ring(&node, "KKnever-seen").0, 401);
    cluster.home.check();
}

#[test]
fn erases_from_the_file_of_a_node_that_runs_and_of_one_that_does_not() {
    let home = Home::new();
    let key = home.account("acme", &[]);
    home.skills("acme", &["General"]);
    let mut node = home.serve(&OPTIONS);
    let mut caller = node.caller("acme", &key);
    for (number, name) in [("9101", "Ravi"), ("9102", "Mira"), ("9103", "Asha")] {
        assert_eq!(caller.create(number, name, "General").unwrap().body, DONE);
    }
    assert_eq!(ring(&node, &key).0, 200);
    until("the file is written", || file_has(&home, "9102"));
    home.ok(&["erase", "--account", "acme", "--yes", "9101"]);
    until("the number is gone", || !file_has(&home, "9101"));
    drop(caller);
    node.stop();
    assert!(file_has(&home, "9102") && file_has(&home, "Mira"));
    home.ok(&[&["erase", "--account", "acme", "--yes", "p2"], &OPTIONS[..]].concat());
    assert!(file_has(&home, "ringbook ring lists") && !file_has(&home, "acme"));
    // Named in the settings.
    let mut node = home.serve(&OPTIONS);
    assert_eq!(ring(&node, &key), (200, "9103\n".into()));
    node.stop();
    assert!(file_has(&home, "9103"));
    home.ok(&["account", "delete", "acme", "--yes"]);
    fs::write(home.path("ringbook.toml"), format!("routing-cache = \"{FILE}\"\n")).unwrap();
    home.ok(&["erase", "--deleted-account", "acme", "--yes"]);
    assert!(!file_has(&home, "acme"));
}
