//! The command line on a store in PostgreSQL.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_postgres::{Server as Database, Settings};

use super::history;
use super::nodes::Place;
use test_support::{DONE, Home};

/// How soon a command gives up that finds no database.
const GIVES_UP_WITHIN: Duration = Duration::from_secs(10);

fn list(home: &Home, arguments: &[&str]) -> Value {
    serde_json::from_str(&home.ok(&[arguments, &["--format", "json"]].concat())).unwrap()
}

#[test]
fn accounts_skills_and_phones() {
    let place = Place::shared();
    let home = &place.home;
    let key = home.account("acme", &["--phone-number-limit", "3"]);
    let told = home.refused(&["account", "create", "acme"]);
    assert!(told.starts_with("the account \"acme\" exists already"), "{told}");
    home.ok(&["account", "edit", "acme", "--phone-number-limit", "4"]);
    home.skills("acme", &["General", "QA", "Old"]);
    home.ok(&["skill", "delete", "--account", "acme", "Old"]);

    let phone = |command, rest: &[&str]| {
        home.ok(&[&["phone", command, "--account", "acme"], rest].concat())
    };
    phone("create", &["+911", "Ravi", "--assign", "General,QA"]);
    phone("create", &["+912", "Mira", "--assign", "General"]);
    phone("edit", &["+911", "--number-new", "+919", "--unassign", "QA"]);
    home.write_csv("more.csv", ["+913,Noor,General".to_owned()].into_iter());
    phone("import", &["more.csv"]);
    phone("create", &["+914", "Omar"]);
    let told = home.refused(&["phone", "create", "--account", "acme", "+915", "Pia"]);
    assert_eq!(told, "holds 4 of at most 4 phone numbers");
    phone("delete", &["+914"]);
    assert_eq!(phone("get", &["--name", "ravi"]), "+919 Ravi\n");
    home.ok(&["skill", "order", "--account", "acme", "General", "+913"]);

    let order = list(home, &["skill", "order", "--account", "acme", "General"]);
    let order: Vec<_> = order.as_array().unwrap().iter().map(|one| &one["phoneName"]).collect();
    assert_eq!(order, ["Noor", "Ravi", "Mira"]);
    let skills = list(home, &["skill", "list", "--account", "acme"]);
    assert_eq!(skills, json!([{"name": "General", "phones": 3}, {"name": "QA", "phones": 0}]));
    let accounts = list(home, &["account", "list"]);
    assert_eq!(
        accounts,
        json!([{"userName": "acme", "apiAuthentication": "BASIC_AUTH", "phoneNumberLimit": 4,
                "phones": 3, "skills": 2}])
    );
    let ring = "SELECT string_agg(name, ' ' ORDER BY position) FROM assignment";
    assert_eq!(place.query(Database::shared(), ring), ["Noor Ravi Mira"]);
    history::assert_leads_to_what_is_there(&place, Database::shared());
    home.check();

    let node = home.serve(&[]);
    assert_eq!(node.caller("acme", &key).renumber("Ravi", "+919", "+911").unwrap().body, DONE);
    home.ok(&["account", "delete", "acme", "--yes"]);
    assert_eq!(list(home, &["account", "list"]), json!([]));
    home.check();
}

#[test]
fn the_schema_is_brought_up_to_date_by_whom_it_is_left_to() {
    let place = Place::shared();
    let home = &place.home;
    let told = home.refused(&["account", "list"]);
    assert!(told.starts_with("there is no store at postgres://ringbook@127.0.0.1:"), "{told}");
    let told = home.refused(&["--no-migrate", "account", "create", "acme"]);
    assert!(told.contains("run `ringbook migrate` first"), "{told}");
    let told = home.refused(&["--no-migrate", "serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("run `ringbook migrate` first"), "{told}");
    let applied = "applied 1: directory\napplied 2: storage\napplied 3: native API\n\
                   applied 4: history in groups\n";
    assert_eq!(home.ok(&["migrate"]), applied);
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
fn nodes_that_start_at_once_make_the_schema_once() {
    let place = Place::shared();
    thread::scope(|scope| {
        for _ in 0..4 {
            let log_file = place.home.log_file();
            let mut command = place.home.command();
            scope.spawn(move || super::nodes::Node::start(command.arg("serve"), log_file));
        }
    });
    let applied = place.query(Database::shared(), "SELECT number FROM schema_migration");
    assert_eq!(applied, ["1", "2", "3", "4"]);
    place.home.check();
}

#[test]
fn tables_of_somebody_else_are_left_alone() {
    let place = Place::shared();
    place.query(Database::shared(), "CREATE TABLE phone (brand text)");
    for arguments in [&["account", "create", "acme"][..], &["account", "list"], &["migrate"]] {
        let told = place.home.refused(arguments);
        assert!(
            told.ends_with("is not a Ringbook store: choose another one with --store"),
            "{told}"
        );
    }
}

#[test]
fn a_check_finds_what_somebody_did_by_hand() {
    let place = Place::shared();
    place.home.account("acme", &[]);
    place.home.ok(&["phone", "create", "--account", "acme", "+911", "Ravi"]);
    place.home.check();
    for (damage, finding) in [
        ("UPDATE phone SET number = 'none'", "account 1, phone 1: the number is"),
        (
            "UPDATE phone SET number = '+911', skills = '{\"7\": 1}'",
            "is assigned to no skill of id 7",
        ),
        (
            "UPDATE phone SET skills = '{}', account_id = 9",
            "phone of an account that does not exist: 9/1",
        ),
        (
            "UPDATE phone SET account_id = 1; DELETE FROM change WHERE version = 2",
            "last change: acme",
        ),
    ] {
        place.query(Database::shared(), damage);
        let ran = place.home.run(&["check"]);
        assert_eq!(ran.status.code(), Some(1), "{ran:?}");
        assert!(ran.stdout.contains(finding), "{damage}: {ran:?}");
    }
}

#[test]
fn a_command_without_a_database_gives_up_and_says_why() {
    let mut database = Database::start(&Settings::new());
    let place = Place::on(&database);
    place.home.account("acme", &[]);
    let commands = [&["account", "list"][..], &["check"], &["migrate"], &["serve"]];
    let assert_refused = || {
        for arguments in commands {
            let begun = Instant::now();
            let told = place.home.refused(arguments);
            assert!(told.starts_with("the database does not answer: "), "{told}");
            assert!(begun.elapsed() < GIVES_UP_WITHIN, "{arguments:?}: {:?}", begun.elapsed());
        }
    };
    database.freeze();
    assert_refused();
    database.thaw();
    database.kill();
    assert_refused();
}
