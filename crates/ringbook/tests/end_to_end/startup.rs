//! A server that cannot start says why, in one sentence, and ends.

use std::net::TcpListener;

use crate::support::{Home, wait_for_text};

/// Fails with one line on stderr, which has all of these words.
#[track_caller]
fn assert_refused(home: &Home, arguments: &[&str], words: &[&str]) {
    let ran = home.run(arguments);
    assert_eq!(ran.status.code(), Some(1), "{arguments:?}: {ran:?}");
    assert_eq!((ran.stdout.as_str(), ran.stderr.lines().count()), ("", 1), "{ran:?}");
    assert!(ran.stderr.starts_with("ringbook: "), "{ran:?}");
    for word in words {
        assert!(ran.stderr.contains(word), "{arguments:?}: {:?} lacks {word:?}", ran.stderr);
    }
}

#[test]
fn a_port_in_use() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let words = ["cannot listen on", &address, "another process listens there", "--listen"];
    assert_refused(&home, &["serve", "--listen", &address], &words);
    // An address of another machine.
    let words = ["cannot listen on", "192.0.2.1:80", "--listen"];
    assert_refused(&home, &["serve", "--listen", "192.0.2.1:80"], &words);
}

#[test]
fn a_store_that_cannot_be_there() {
    let home = Home::new();
    std::fs::create_dir(home.path("directory")).unwrap();
    for command in ["serve", "check"] {
        for (store, words) in [
            ("sqlite:directory", ["cannot open directory", "directory"]),
            ("sqlite:/proc/ringbook.db", ["/proc/ringbook.db", ""]),
        ] {
            let absent = command == "check" && store.starts_with("sqlite:/proc");
            let words = if absent { ["there is no store at", "--store"] } else { words };
            assert_refused(&home, &["--store", store, command], &words);
        }
    }
    let words = ["cannot create no/such.db", "the directory no does not exist"];
    assert_refused(&home, &["--store", "sqlite:no/such.db", "serve"], &words);
    assert!(!home.path("no").exists());
}

#[test]
fn a_file_that_is_no_store() {
    let home = Home::new();
    std::fs::write(home.path("notes.txt"), "remember the milk, ".repeat(100)).unwrap();
    let other = rusqlite::Connection::open(home.path("other.db")).unwrap();
    other.execute_batch("CREATE TABLE account (id INTEGER)").unwrap();
    drop(other);
    for command in [&["serve"][..], &["check"], &["account", "create", "acme"]] {
        for store in ["notes.txt", "other.db"] {
            let before = std::fs::read(home.path(store)).unwrap();
            let words = [&format!("{store} is not a Ringbook store"), "--store"];
            let location = format!("sqlite:{store}");
            assert_refused(&home, &[&["--store", &location], command].concat(), &words);
            assert!(std::fs::read(home.path(store)).unwrap() == before, "{store} was changed");
        }
    }
}

#[test]
fn a_store_of_a_newer_version() {
    let home = Home::new();
    home.account("acme", &[]);
    let store = rusqlite::Connection::open(home.store()).unwrap();
    store.pragma_update(None, "user_version", 1000).unwrap();
    drop(store);
    for command in [&["serve"][..], &["check"], &["account", "create", "other"]] {
        let words = ["from a newer Ringbook", "schema 1000", "upgrade this one"];
        assert_refused(&home, command, &words);
    }
}

#[test]
fn no_store_where_none_is_made() {
    let home = Home::new();
    for command in [
        &["check"][..],
        &["backup", "copy.db"],
        &["account", "list"],
        &["account", "edit", "acme", "--rotate-api-key"],
        &["account", "delete", "acme", "--yes"],
        &["skill", "list", "--account", "acme"],
        &["phone", "list", "--account", "acme"],
        &["phone", "create", "--account", "acme", "911", "Ravi"],
    ] {
        assert_refused(&home, command, &["there is no store at", "ringbook.db", "--store"]);
        assert!(!home.store().exists(), "{command:?}");
    }
}

#[test]
fn listening_beyond_this_machine_is_warned_of() {
    let home = Home::new();
    let server = home.serve(&["--listen", "0.0.0.0:0"]);
    wait_for_text(&server.log_file, "without TLS");
    let server = home.serve(&[]);
    assert_eq!(server.client().get("/readyz").unwrap().body, "ready\n");
    assert!(!server.log().contains("without TLS"), "{}", server.log());
}
