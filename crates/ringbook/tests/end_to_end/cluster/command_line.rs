//! The command line on a store in PostgreSQL.

use std::thread;
use std::time::{Duration, Instant};

use test_postgres::{Server as Database, Settings};

use super::nodes::Place;

/// How soon a command gives up that finds no database.
const GIVES_UP_WITHIN: Duration = Duration::from_secs(10);

#[test]
fn migrates_unless_no_migrate_is_set() {
    let place = Place::shared();
    let home = &place.home;
    let told = home.refused(&["account", "list"]);
    assert!(told.starts_with("there is no store at postgres://ringbook@127.0.0.1:"), "{told}");
    let told = home.refused(&["--no-migrate", "account", "create", "acme"]);
    assert!(told.contains("run `ringbook migrate` first"), "{told}");
    let told = home.refused(&["--no-migrate", "serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("run `ringbook migrate` first"), "{told}");
    assert_eq!(home.ok(&["migrate"]), "applied 5: directory\n");
    assert!(home.ok(&["migrate"]).ends_with(" is up to date\n"));
    home.account("acme", &["--no-migrate"]);
    home.serve(&["--no-migrate"]);
    place.query(Database::shared(), "INSERT INTO schema_migration VALUES (1000, 'later', 0)");
    for arguments in [&["account", "list"][..], &["migrate"], &["check"]] {
        let told = home.refused(arguments);
        assert!(told.contains("is from a newer Ringbook (schema 1000, "), "{told}");
    }
}

#[test]
fn commands_give_up_without_a_database() {
    let mut database = Database::start(&Settings::new());
    let place = Place::on(&database);
    place.home.account("acme", &[]);
    let commands = [&["account", "list"][..], &["check"], &["migrate"], &["serve"]];
    let assert_refused = || {
        thread::scope(|scope| {
            for arguments in commands {
                let mut command = place.home.command();
                scope.spawn(move || {
                    let begun = Instant::now();
                    let ran = command.args(arguments).output().unwrap();
                    let told = String::from_utf8(ran.stderr).unwrap();
                    assert_eq!(ran.status.code(), Some(1), "{arguments:?}: {told}");
                    assert!(told.starts_with("ringbook: the database does not answer: "), "{told}");
                    let took = begun.elapsed();
                    assert!(took < GIVES_UP_WITHIN, "{arguments:?}: {took:?}");
                });
            }
        });
    };
    database.freeze();
    assert_refused();
    database.thaw();
    database.kill();
    assert_refused();
}
