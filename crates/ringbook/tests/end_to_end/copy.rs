//! `ringbook copy`: there and back, interrupted, refused.

use std::process::{Child, Stdio};

use test_postgres::{Server, Settings};

use test_support::{Home, until};

/// Enough for several pages of each table.
const PHONES: usize = 25_000;

/// A store with rows of every kind: a deleted account, a token, ring orders, a long history.
fn full_home() -> (Home, String) {
    let home = Home::new();
    let key = home.account("acme", &["--phone-number-limit", "100000"]);
    home.account("token", &["--api-authentication", "TOKEN_AUTH"]);
    home.skills("acme", &["General", "Nacht-Süd"]);
    home.write_csv(
        "phones.csv",
        (0..PHONES).map(|n| format!("+91{n:06},Agent-{n},\"General,Nacht-Süd\"")),
    );
    home.ok(&["phone", "import", "--account", "acme", "phones.csv"]);
    home.ok(&["phone", "edit", "--account", "acme", "+91000007", "--name", "First"]);
    home.ok(&["phone", "delete", "--account", "acme", "+91000008"]);
    home.account("gone", &[]);
    home.ok(&["account", "delete", "gone", "--yes"]);
    (home, key)
}

/// Copies, and returns the line with the checksum.
fn copy(home: &Home, from: &str, to: &str) -> String {
    let output = home.ok(&["copy", "--from", from, "--to", to]);
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(lines[0], "copied 2 accounts, 2 skills, 24,999 phones, 25,008 changes");
    assert!(lines[1].starts_with("checksum "), "{output}");
    lines[1].to_owned()
}

/// Starts a copy.
fn start_copy(home: &Home, from: &str, to: &str) -> Child {
    let mut command = home.command();
    command.args(["copy", "--from", from, "--to", to]);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Whether a copy fills a table.
fn is_filled(postgres: &Server, table: &str) -> bool {
    let sql = format!(
        "SELECT FROM pg_stat_activity WHERE query LIKE 'COPY {table}%' \
         AND pid <> pg_backend_pid()"
    );
    !postgres.query(&sql).is_empty()
}

#[test]
fn copies_everything_to_postgresql_and_back() {
    let (home, key) = full_home();
    let database = Server::shared().new_schema();
    let file = format!("sqlite:{}", home.store().display());
    let there = copy(&home, &file, &database);
    let back = copy(&home, &database, "sqlite:back.db");
    let again = copy(&home, "sqlite:back.db", "sqlite:again.db");
    assert_eq!((&there, &there), (&back, &again));

    let list = |store: &str| home.ok(&["--store", store, "phone", "export", "--account", "acme"]);
    let expected = list(&file);
    for store in [&database, "sqlite:back.db", "sqlite:again.db"] {
        assert_eq!(list(store), expected, "{store}");
        assert_eq!(home.ok(&["--store", store, "check"]), home.ok(&["check"]));
        // Callers keep their keys.
        let server = home.serve(&["--store", store]);
        let name = server.caller("acme", &key).name_of("+91000007");
        assert_eq!(name.as_deref(), Some("First"), "{store}");
        // A new account does not get the deleted account's id, which the history still names.
        home.keep_secret(home.ok(&["--store", store, "account", "create", "new"]).trim());
    }
    let ids = home.query_in("back.db", "SELECT CAST(max(id) AS TEXT) FROM account");
    assert_eq!(ids, ["4"]);
}

#[test]
fn a_killed_copy_leaves_nothing_and_can_be_repeated() {
    let (home, _) = full_home();
    let postgres = Server::start(&Settings::new());
    let file = format!("sqlite:{}", home.store().display());
    for round in 0..3 {
        let mut child = start_copy(&home, &file, &postgres.url());
        let table = ["phone", "change", "phone"][round];
        until("the table is being filled", || {
            child.try_wait().unwrap().is_some() || is_filled(&postgres, table)
        });
        child.kill().unwrap();
        child.wait().unwrap();
        until("its session ends", || !is_filled(&postgres, table));
        assert_eq!(postgres.query("SELECT count(*) FROM account"), ["0"], "round {round}");
        assert_eq!(postgres.query("SELECT count(*) FROM phone"), ["0"], "round {round}");
    }
    copy(&home, &file, &postgres.url());

    // To a file: it has its name only when it is complete.
    let mut child = start_copy(&home, &postgres.url(), "sqlite:back.db");
    until("the file is being filled", || {
        let is_filled = |name: &String| {
            std::fs::metadata(home.path(name)).is_ok_and(|file| file.len() > 100_000)
        };
        child.try_wait().unwrap().is_some() || partial_files(&home).iter().any(is_filled)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!home.path("back.db").exists());
    copy(&home, &postgres.url(), "sqlite:back.db");
    assert_eq!(partial_files(&home), [""; 0]);
}

/// Copies that are not complete.
fn partial_files(home: &Home) -> Vec<String> {
    let names = std::fs::read_dir(home.path("")).unwrap();
    let names = names.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".partial")).collect()
}

#[test]
fn reports_a_database_lost_during_a_copy() {
    let (home, _) = full_home();
    let mut postgres = Server::start(&Settings::new());
    let file = format!("sqlite:{}", home.store().display());
    let url = postgres.url();
    let copying = start_copy(&home, &file, &url);
    until("the table is being filled", || is_filled(&postgres, "phone"));
    postgres.kill();
    let ended = copying.wait_with_output().unwrap();
    let output = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{output}");
    assert!(output.starts_with("ringbook: the database does not answer: "), "{output}");
    postgres.restart();
    copy(&home, &file, &url);
}

#[test]
fn copies_only_to_an_empty_store() {
    let home = Home::new();
    home.account("acme", &[]);
    let database = Server::shared().new_schema();
    let file = format!("sqlite:{}", home.store().display());
    let refused = |from: &str, to: &str| home.refused(&["copy", "--from", from, "--to", to]);

    home.ok(&["copy", "--from", &file, "--to", &database]);
    let output = refused(&file, &database);
    assert!(output.ends_with("has accounts already: copy to an empty store"), "{output}");
    let output = refused(&database, &file);
    assert!(output.ends_with("exists already: choose another name or remove it first"), "{output}");
    let output = refused("sqlite:absent.db", &Server::shared().new_schema());
    assert!(output.starts_with("there is no store at absent.db"), "{output}");
    let output = refused(&Server::shared().new_schema(), "sqlite:new.db");
    assert!(output.starts_with("there is no store at postgres://"), "{output}");
    let output = refused("memory:", &database);
    assert!(output.starts_with("memory: keeps nothing"), "{output}");
    let ran = home.run(&["copy", "--from", &file, "--to", "postgres://u:s3cret@h/d?sslmode=x"]);
    assert_eq!(ran.status.code(), Some(2));
    assert!(ran.stderr.contains("sslmode is") && !ran.stderr.contains("s3cret"), "{ran:?}");
    assert!(!home.path("new.db").exists() && partial_files(&home).is_empty());
}
