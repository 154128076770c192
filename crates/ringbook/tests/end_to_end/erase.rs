//! `ringbook erase`: of the values that it erases, no byte is left.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};

use serde_json::json;
use test_postgres::{Server as Database, program_path, until};

use crate::cluster::Cluster;
use test_support::{DONE, Home};

const NUMBER: &str = "9198765431";
const NAMES: [&str; 2] = ["Zebediah", "Zebediah.K"];

/// Whether a text stands in a file of the store, which may be going away right now.
fn files_have(home: &Home, text: &str) -> bool {
    ["ringbook.db", "ringbook.db-wal", "ringbook.db-shm"].iter().any(|name| {
        let bytes = fs::read(home.path(name)).unwrap_or_default();
        bytes.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()))
    })
}

/// Erases a phone beside a server, and then a deleted account. `has` says whether the store has a text.
fn erase_beside_a_server(home: &Home, has: impl Fn(&str) -> bool) {
    let key = home.account("acme", &[]);
    home.skills("acme", &["Sales"]);
    let server = home.serve(&[]);
    let mut caller = server.caller("acme", &key);
    assert_eq!(caller.create("1002", "Bea", "Sales").unwrap().body, DONE);
    assert_eq!(caller.create(NUMBER, NAMES[0], "Sales").unwrap().body, DONE);
    // Its refusal, which tells who has the number, is kept.
    let taken = json!({"phoneNumber": NUMBER, "phoneName": "Cid", "skills": "Sales"});
    let mut refused = || caller.call_once("a", "create", &taken).unwrap();
    assert!(refused().header("ringbook-reason").unwrap().contains(NAMES[0]));
    home.ok(&["phone", "edit", "--account", "acme", NUMBER, "--name", NAMES[1]]);
    let values = [NUMBER, NAMES[0]];
    assert_eq!(values.map(&has), [true; 2]);

    let erase = |more: &[&str]| home.ok(&[&["erase", "--account", "acme", "--yes"], more].concat());
    let told = erase(&[NAMES[0]]);
    assert_eq!(told, "p2: erased from 3 changes and 1 kept answers\n");
    assert_eq!(values.map(&has), [false; 2]);
    let reason = refused().header("ringbook-reason").unwrap().to_owned();
    assert!(reason.ends_with("its answer was erased"), "{reason}");
    assert_eq!([NUMBER, "1002"].map(|it| caller.name_of(it)), [None, Some("Bea".to_owned())]);
    home.check();
    // Who has the number later keeps it.
    assert_eq!(caller.create(NUMBER, "Dora", "Sales").unwrap().body, DONE);
    assert_eq!(erase(&["p2"]), "p2: nothing was left to erase\n");
    assert_eq!(caller.name_of(NUMBER).as_deref(), Some("Dora"));
    assert!(has("Dora"));

    let other = home.account("other", &[]);
    let mut caller = server.caller("other", &other);
    assert_eq!(caller.create("4155550123", "Ebenezer", "").unwrap().body, DONE);
    home.ok(&["account", "delete", "other", "--yes"]);
    let told = home.ok(&["erase", "--deleted-account", "other", "--yes", "--vacuum"]);
    assert_eq!(told, "other: erased from 2 changes and 0 kept answers\n");
    assert_eq!(["4155550123", "Ebenezer"].map(&has), [false; 2]);
    assert!(server.caller("acme", &key).name_of(NUMBER).is_some());
    home.check();
}

#[test]
fn leaves_no_byte_of_erased_values_in_the_files_of_the_store() {
    let home = Home::new();
    erase_beside_a_server(&home, |text| files_have(&home, text));
}

#[test]
fn leaves_no_erased_value_in_a_dump_of_the_database() {
    let cluster = Cluster::shared();
    erase_beside_a_server(&cluster.home, |text| {
        let database = Database::shared().url();
        let mut dump = Command::new(program_path("pg_dump"));
        let dumped = dump.args(["--schema", cluster.schema(), &database]).output().unwrap();
        assert!(dumped.status.success(), "{dumped:?}");
        // Bytes are in hexadecimal digits.
        let digits = text.bytes().map(|byte| format!("{byte:02x}"));
        let hex = digits.collect::<Vec<_>>().concat();
        let dumped = String::from_utf8(dumped.stdout).unwrap();
        [text, &hex].iter().any(|form| dumped.contains(form))
    });
}

/// The moments are those that show outside: at once, after the deletion, after the erasure, when it is
/// told, and once the log is truncated. Run again, it ends whole.
#[test]
fn completes_an_erasure_that_was_killed() {
    let home = Home::new();
    home.account("acme", &[]);
    // It keeps the log.
    let _server = home.serve(&[]);
    let log = || fs::metadata(home.path("ringbook.db-wal")).unwrap().len();
    for (id, moment) in (1..).zip(["begun", "deleted", "erased", "told", "truncated"]) {
        let (number, name) = (format!("91987654{id:02}"), format!("Zebediah-{id}"));
        home.ok(&["phone", "create", "--account", "acme", &number, &name]);
        let id = format!("p{id}");
        let mut command = home.command();
        command.args(["erase", "--account", "acme", "--yes", &id]);
        let before = log();
        let mut erasing = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut has_ended = || erasing.try_wait().unwrap().is_some();
        match moment {
            "deleted" => until(moment, || has_ended() || log() != before),
            "erased" => {
                let mut deleted = before;
                until("deleted", || {
                    deleted = log();
                    has_ended() || deleted != before
                });
                until(moment, || has_ended() || log() != deleted);
            }
            "truncated" => until(moment, || has_ended() || log() == 0),
            _ => {}
        }
        if moment == "told" {
            let _ = erasing.stdout.as_mut().unwrap().read(&mut [0]);
        }
        erasing.kill().unwrap();
        erasing.wait().unwrap();
        home.check();
        home.ok(&["erase", "--account", "acme", "--yes", &id]);
        for text in [&number, &name] {
            assert!(!files_have(&home, text), "{moment}: {text}");
        }
        let notes = "SELECT count(*) FROM change WHERE kind = 'phone.erase' AND subject_id = ";
        assert_eq!(home.query(&format!("{notes}{}", &id[1..])), ["1"], "{moment}");
        home.check();
    }
}
