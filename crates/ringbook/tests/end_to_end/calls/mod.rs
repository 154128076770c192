//! Real calls: Kamailio with the configuration of the examples asks whom to ring, and phones of `SIPp`
//! tell whether they rang.

mod office;
mod program;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use test_postgres::{Server as Database, Settings, until};
use test_support::{DONE, Home, OnDrop};

use super::cluster::Cluster;
use office::Office;

const OK: &str = "200 OK";
const BUSY: &str = "486 Busy Here";
const NOBODY: &str = "480 Nobody To Ring";
const SALES_IN_HINDI: &str = "बिक्री";
const SALES_IN_HINDI_ESCAPED: &str = "%E0%A4%AC%E0%A4%BF%E0%A4%95%E0%A5%8D%E0%A4%B0%E0%A5%80";

#[test]
fn a_call_for_a_skill_rings_its_phones_as_the_skill_says() {
    let home = Home::new();
    let skills = ["Serial", "All", "Crowd", "Empty", "A&B", "C++", "50%", SALES_IN_HINDI];
    let named = skills[4..].join(",");
    let crowd: Vec<_> = (1..=13).map(|number| format!("crowd-{number:02}")).collect();
    let mut phones = vec![
        ("busy", BUSY, "Serial,All"),
        ("silent", "silent", "Serial,All"),
        ("declines", "603 Decline", "Serial"),
        ("broken", "503 Service Unavailable", "Serial"),
        ("ravi", "answers", "Serial,All"),
        ("mira", "answers", &named),
    ];
    phones.extend(crowd.iter().map(|name| (&**name, BUSY, "Crowd")));
    let office = Office::open(&home, 1, &skills, &phones);
    office.set("PATCH", "/v1/skills/Serial/routing", &json!({"ring_time_s": 1}));
    for skill in ["All", "Crowd"] {
        let path = format!("/v1/skills/{skill}/routing");
        office.set("PATCH", &path, &json!({"mode": "parallel"}));
    }

    let all_but_one: Vec<_> = crowd[..12].iter().map(String::as_str).collect();
    let serial = ["busy", "silent", "declines", "broken", "ravi"];
    let calls: [(&str, &str, &[&str]); 10] = [
        ("Serial", OK, &serial),
        ("All", OK, &["busy", "silent", "ravi"]),
        ("Crowd", BUSY, &all_but_one),
        ("Empty", NOBODY, &[]),
        ("Missing", "404 No Such Skill", &[]),
        ("A&B", OK, &["mira"]),
        ("A%26B", OK, &["mira"]),
        ("C++", OK, &["mira"]),
        ("50%25", OK, &["mira"]),
        (SALES_IN_HINDI_ESCAPED, OK, &["mira"]),
    ];
    thread::scope(|scope| {
        for (user, answer, rings) in calls {
            let at_once = matches!(user, "All" | "Crowd");
            let office = &office;
            scope.spawn(move || office.assert_call(user, answer, rings, at_once));
        }
    });
    let told = office.request("GET", "/pbx/kamailio/route?skill=Crowd", "");
    assert_eq!(told.header("ringbook-shown"), Some("12/13"), "{told:?}");
    assert!(!office.log().contains("ERROR"), "{}", office.log());
}

#[test]
fn the_next_call_rings_by_what_was_edited() {
    let home = Home::new();
    let phones =
        [("ravi", "answers", "General"), ("mira", "answers", "General"), ("new", "answers", "")];
    let office = Office::open(&home, 1, &["General"], &phones);
    let pause = format!("/v1/phones/{}/pause", office.number("ravi"));
    let rings = |name| office.assert_call("General", OK, &[name], false);
    let set = |method, path: &str, body: Value| office.set(method, path, &body);

    rings("ravi");
    set("PUT", &pause, json!({"reason": "lunch"}));
    rings("mira");
    set("DELETE", &pause, Value::Null);
    rings("ravi");
    set("PATCH", "/v1/skills/General/routing", json!({"hours": "UTC 2020-01-01 09:00-12:00"}));
    office.assert_call("General", NOBODY, &[], false);
    set(
        "PATCH",
        "/v1/skills/General/routing",
        json!({"hours": "Asia/Kolkata mon-sun 00:00-24:00"}),
    );
    rings("ravi");
    let renumbered = office.caller().renumber("ravi", office.number("ravi"), office.number("new"));
    assert_eq!(renumbered.unwrap().body, DONE);
    rings("new");
}

#[test]
fn calls_go_on_while_nodes_and_the_store_are_killed() {
    let mut database = Database::start(&Settings::new());
    let cluster = Cluster::on(&database);
    let phones = [("busy", BUSY, "General"), ("ravi", "answers", "General")];
    let mut office = Office::open(&cluster.home, 2, &["General", "Other"], &phones);
    let mut nodes = std::mem::take(&mut office.nodes);
    let rings = || office.assert_call("General", OK, &["busy", "ravi"], false);
    let (is_over, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    let goes_on = || {
        let until_now = calls.load(Ordering::Relaxed);
        until("calls go on", || {
            is_over.load(Ordering::Relaxed) || calls.load(Ordering::Relaxed) > until_now + 2
        });
    };
    thread::scope(|scope| {
        let _end = OnDrop(|| is_over.store(true, Ordering::Relaxed));
        scope.spawn(|| {
            let _end = OnDrop(|| is_over.store(true, Ordering::Relaxed));
            while !is_over.load(Ordering::Relaxed) {
                rings();
                calls.fetch_add(1, Ordering::Relaxed);
            }
        });
        goes_on();
        nodes[0].kill();
        goes_on();
        database.kill();
        goes_on();
        nodes[1].kill();
        goes_on();
    });
    // Nobody called it while there was an answer.
    office.assert_call("Other", OK, &["reception"], false);
    let log = office.log();
    assert!(log.contains("General rings as it did last"), "{log}");
    assert!(log.contains("Other rings sip:reception@"), "{log}");
}
