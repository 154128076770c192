//! The command line on a store in PostgreSQL.

use std::thread;
use std::time::{Duration, Instant};

use test_postgres::{Server as Database, Settings};

use super::nodes::Cluster;

/// How soon a command gives up that finds no database: after five seconds, and what a busy test
/// machine adds.
const GIVES_UP_WITHIN: Duration = Duration::from_secs(30);

#[test]
fn migrates_unless_no_migrate_is_set() {
    let cluster = Cluster::shared();
    let home = &cluster.home;
    let message = home.refused(&["account", "list"]);
    assert!(
        message.starts_with("there is no store at postgres://ringbook@127.0.0.1:"),
        "{message}"
    );
    let message = home.refused(&["--no-migrate", "account", "create", "acme"]);
    assert!(message.contains("run `ringbook migrate` first"), "{message}");
    let message = home.refused(&["--no-migrate", "serve", "--listen", "127.0.0.1:0"]);
    assert!(message.contains("run `ringbook migrate` first"), "{message}");
    assert_eq!(home.ok(&["migrate"]), "applied 9: directory\n");
    assert!(home.ok(&["migrate"]).ends_with(" is up to date\n"));
    home.account("acme", &["--no-migrate"]);
    home.serve(&["--no-migrate"]);
    cluster.query(Database::shared(), "INSERT INTO schema_migration VALUES (1000, 'later', 0)");
    for arguments in [&["account", "list"][..], &["migrate"], &["check"]] {
        let message = home.refused(arguments);
        assert!(message.contains("is from a newer Ringbook (schema 1000, "), "{message}");
    }
}

/// Those that only read, in sessions that cannot write.
#[test]
fn reads_from_a_standby() {
    let primary = Database::start(&Settings::new());
    let cluster = Cluster::on(&primary);
    cluster.home.account("acme", &[]);
    cluster.home.ok(&["phone", "create", "--account", "acme", "911", "Ravi"]);
    let standby = primary.standby();
    let [from, to] = [&primary, &standby].map(|database| format!("127.0.0.1:{}", database.port()));
    let url = cluster.url().replace(&from, &to);
    assert_ne!(url, cluster.url());
    let home = &cluster.home;
    let run = |arguments: &[&str]| home.ok(&[&["--store", &url], arguments].concat());
    assert_eq!(run(&["check"]), "ok: 1 account, 1 phone\n");
    assert_eq!(run(&["account", "list"]).lines().count(), 2);
    assert!(run(&["phone", "get", "--account", "acme", "911"]).contains("911     Ravi"));
    run(&["copy", "--from", &url, "--to", "sqlite:copy.db"]);
    assert_eq!(home.ok(&["--store", "sqlite:copy.db", "check"]), "ok: 1 account, 1 phone\n");
    home.refused(&["--store", &url, "phone", "delete", "--account", "acme", "911"]);
}

#[test]
fn commands_give_up_without_a_database() {
    let mut database = Database::start(&Settings::new());
    let cluster = Cluster::on(&database);
    cluster.home.account("acme", &[]);
    let commands =
        [&["account", "list"][..], &["check"], &["migrate"], &["serve", "--listen", "127.0.0.1:0"]];
    let assert_refused = || {
        thread::scope(|scope| {
            for arguments in commands {
                let mut command = cluster.home.command();
                scope.spawn(move || {
                    let begun = Instant::now();
                    let ran = command.args(arguments).output().unwrap();
                    let message = String::from_utf8(ran.stderr).unwrap();
                    assert_eq!(ran.status.code(), Some(1), "{arguments:?}: {message}");
                    assert!(
                        message.starts_with("ringbook: the database does not answer: "),
                        "{message}"
                    );
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
