//! Opening a database: its schema, and errors.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use ringbook::store::{self, Creates, Migrates, StoreError};

use super::open;
use crate::book::Book;
use crate::place::{self, Place};

/// The timeout of the first connection, and what a busy machine adds.
const FIRST_CONNECTION: Duration = Duration::from_secs(9);

/// The relations that are there, sorted.
fn relations(place: &Place) -> Vec<String> {
    let schema = place.schema();
    place.query(&format!(
        "SELECT relname FROM pg_class WHERE relnamespace = '{schema}'::regnamespace ORDER BY 1"
    ))
}

fn open_with(place: &Place, creates: Creates, migrates: Migrates) -> Result<(), StoreError> {
    store::open(&place.url().parse().unwrap(), creates, migrates).map(drop)
}

#[test]
fn creates_the_schema_once() {
    let place = place::postgres();
    let location = place.url().parse().unwrap();
    let applied = store::migrate(&location).unwrap();
    assert_eq!(applied.iter().map(|step| (step.number, step.name)).next(), Some((5, "directory")));
    assert_eq!((applied.len(), store::migrate(&location).unwrap().len()), (1, 0));
    open_with(&place, Creates::No, Migrates::No).unwrap();
    Book::new(&place.open(), "acme").assert_stored();
    let noted = place.query("SELECT number, name, applied_at_us > 0 FROM schema_migration");
    assert_eq!(noted, ["5 | directory | t"]);
}

#[test]
fn creates_no_tables_without_migrates_or_creates() {
    let place = place::postgres();
    let answer = open_with(&place, Creates::Yes, Migrates::No).unwrap_err();
    assert!(answer.to_string().contains("`ringbook migrate`"), "{answer}");
    assert!(matches!(answer, StoreError::OlderSchema { found: 0, known: 5, .. }), "{answer:?}");
    for migrates in [Migrates::Yes, Migrates::No] {
        let answer = open_with(&place, Creates::No, migrates);
        assert!(matches!(answer, Err(StoreError::NoStore(_))), "{answer:?}");
    }
    assert_eq!(relations(&place), [""; 0]);
}

#[test]
fn refuses_another_schema_and_leaves_it_unchanged() {
    let place = place::postgres();
    drop(place.open());
    for (number, words) in [(6, "upgrade this one"), (4, "`ringbook phone export`")] {
        place.execute(&format!("UPDATE schema_migration SET number = {number}"));
        let before = relations(&place);
        for answer in [
            store::migrate(&place.url().parse().unwrap()).map(drop),
            open_with(&place, Creates::Yes, Migrates::Yes),
            open_with(&place, Creates::No, Migrates::No),
        ] {
            let error = answer.unwrap_err();
            let found = match &error {
                StoreError::NewerSchema { found, known: 5, .. } if number > 5 => *found,
                StoreError::UnreleasedSchema { found, known: 5, .. } if number < 5 => *found,
                error => panic!("{error:?}"),
            };
            assert_eq!(found, number);
            let text = error.to_string();
            assert!(text.starts_with("postgres://ringbook@127.0.0.1:"), "{text}");
            assert!(text.contains(words), "{text}");
        }
        assert_eq!(relations(&place), before);
    }
}

#[test]
fn refuses_tables_of_another_program_and_leaves_them_unchanged() {
    for table in ["account", "phone", "schema_migration"] {
        let place = place::postgres();
        let owner = "SET ROLE ringbook";
        place.execute(&format!("{owner}; CREATE TABLE {table} (version text)"));
        let opened = open_with(&place, Creates::Yes, Migrates::Yes);
        for answer in [opened, store::migrate(&place.url().parse().unwrap()).map(drop)] {
            assert!(matches!(answer, Err(StoreError::NotAStore(_))), "{table}: {answer:?}");
        }
        assert_eq!(relations(&place), [table]);
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
    let url = place::postgres().url().replace("/ringbook?", "/nowhere?");
    let error = open(&url).map(drop).unwrap_err().to_string();
    assert!(error.contains("nowhere"), "{error}");
}
