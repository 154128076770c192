//! Opening a database: its schema, and errors.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use ringbook::store::{self, Creates, Migrates, StoreError};

use super::open;
use crate::book::Book;
use crate::test_store::{self, TestStore};

/// The timeout of the first connection, and what a busy machine adds.
const FIRST_CONNECTION: Duration = Duration::from_secs(25);

/// The relations that are there, sorted.
fn relations(test_store: &TestStore) -> Vec<String> {
    let schema = test_store.schema();
    test_store.query(&format!(
        "SELECT relname FROM pg_class WHERE relnamespace = '{schema}'::regnamespace ORDER BY 1"
    ))
}

fn open_with(
    test_store: &TestStore,
    creates: Creates,
    migrates: Migrates,
) -> Result<(), StoreError> {
    store::open(&test_store.url().parse().unwrap(), creates, migrates).map(drop)
}

#[test]
fn creates_the_schema_once() {
    let test_store = test_store::postgres();
    let location = test_store.url().parse().unwrap();
    let applied = store::migrate(&location).unwrap();
    assert_eq!(applied.iter().map(|step| (step.number, step.name)).next(), Some((9, "directory")));
    assert_eq!((applied.len(), store::migrate(&location).unwrap().len()), (1, 0));
    open_with(&test_store, Creates::No, Migrates::No).unwrap();
    Book::new(&test_store.open(), "acme").assert_stored();
    let noted = test_store.query("SELECT number, name, applied_at_us > 0 FROM schema_migration");
    assert_eq!(noted, ["9 | directory | t"]);
}

#[test]
fn creates_no_tables_without_migrates_or_creates() {
    let test_store = test_store::postgres();
    let answer = open_with(&test_store, Creates::Yes, Migrates::No).unwrap_err();
    assert!(answer.to_string().contains("`ringbook migrate`"), "{answer}");
    assert!(matches!(answer, StoreError::OlderSchema { found: 0, known: 9, .. }), "{answer:?}");
    for migrates in [Migrates::Yes, Migrates::No] {
        let answer = open_with(&test_store, Creates::No, migrates);
        assert!(matches!(answer, Err(StoreError::NoStore(_))), "{answer:?}");
    }
    assert_eq!(relations(&test_store), [""; 0]);
}

#[test]
fn refuses_another_schema_and_leaves_it_unchanged() {
    let test_store = test_store::postgres();
    drop(test_store.open());
    for (number, words) in [(10, "upgrade this one"), (8, "`ringbook phone export`")] {
        test_store.execute(&format!("UPDATE schema_migration SET number = {number}"));
        let before = relations(&test_store);
        for answer in [
            store::migrate(&test_store.url().parse().unwrap()).map(drop),
            open_with(&test_store, Creates::Yes, Migrates::Yes),
            open_with(&test_store, Creates::No, Migrates::No),
        ] {
            let error = answer.unwrap_err();
            let found = match &error {
                StoreError::NewerSchema { found, known: 9, .. } if number > 9 => *found,
                StoreError::UnreleasedSchema { found, known: 9, .. } if number < 9 => *found,
                error => panic!("{error:?}"),
            };
            assert_eq!(found, number);
            let text = error.to_string();
            assert!(text.starts_with("postgres://ringbook@127.0.0.1:"), "{text}");
            assert!(text.contains(words), "{text}");
        }
        assert_eq!(relations(&test_store), before);
    }
}

#[test]
fn refuses_tables_of_another_program_and_leaves_them_unchanged() {
    for table in ["account", "phone", "schema_migration"] {
        let test_store = test_store::postgres();
        let owner = "SET ROLE ringbook";
        test_store.execute(&format!("{owner}; CREATE TABLE {table} (version text)"));
        let opened = open_with(&test_store, Creates::Yes, Migrates::Yes);
        for answer in [opened, store::migrate(&test_store.url().parse().unwrap()).map(drop)] {
            assert!(matches!(answer, Err(StoreError::NotAStore(_))), "{table}: {answer:?}");
        }
        assert_eq!(relations(&test_store), [table]);
    }
}

#[test]
fn reports_an_unreachable_database_in_time() {
    // The system accepts the connection, and nothing ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let begun = Instant::now();
    let answer = open(&format!("postgres://ringbook:s3cret@127.0.0.1:{port}/ringbook"));
    let answer = answer.map(drop).unwrap_err();
    assert!(matches!(answer, StoreError::Away(_)), "{answer:?}");
    assert!(begun.elapsed() < FIRST_CONNECTION, "{:?}", begun.elapsed());
    assert!(!answer.to_string().contains("s3cret"), "{answer}");

    drop(silent);
    let answer = open(&format!("postgres://ringbook@127.0.0.1:{port}/ringbook")).map(drop);
    assert!(matches!(answer, Err(StoreError::Away(_))), "{answer:?}");
}

#[test]
fn reports_a_missing_database() {
    let url = test_store::postgres().url().replace("/ringbook?", "/nowhere?");
    let error = open(&url).map(drop).unwrap_err().to_string();
    assert!(error.contains("nowhere"), "{error}");
}
