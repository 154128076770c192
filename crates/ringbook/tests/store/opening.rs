//! Errors of opening a store in a file. A file that is refused is not changed.

use std::path::Path;

use ringbook::store::{self, Creates, Location, Migrates, StoreError};
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};
use tempfile::tempdir;

use crate::book::{Book, nth_phone};
use crate::test_store;

fn open(file: &Path, creates: Creates) -> Result<(), StoreError> {
    store::open(&Location::Sqlite(file.to_owned()), creates, Migrates::Yes).map(drop)
}

/// The path as errors show it.
fn text(file: &Path) -> String {
    file.display().to_string()
}

/// Asserts that the error names the file, and that not a byte of it is changed.
#[track_caller]
fn assert_is_no_store(file: &Path) {
    let before = std::fs::read(file).unwrap();
    match open(file, Creates::Yes) {
        Err(StoreError::NotAStore(named)) => assert_eq!(named, text(file)),
        answer => panic!("{answer:?}"),
    }
    assert!(std::fs::read(file).unwrap() == before, "the file was changed");
}

#[test]
fn refuses_a_file_that_is_no_database() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("other");
    let random: Vec<u8> = (0..40).flat_map(|_| ringbook::secret::random::<100>()).collect();
    let text = "phoneNumber,phoneName,skills\n".repeat(200);
    let half = [b"SQLite format 3\0".as_slice(), &random].concat();
    for content in [random.as_slice(), text.as_bytes(), &half] {
        std::fs::write(&file, content).unwrap();
        assert_is_no_store(&file);
    }
}

#[test]
fn refuses_a_database_of_another_program() {
    let directory = tempdir().unwrap();
    for (name, pragmas) in
        [("plain", ""), ("marked", "PRAGMA application_id = 7; PRAGMA user_version = 1;")]
    {
        let file = directory.path().join(name);
        let other = Connection::open(&file).unwrap();
        other.execute_batch(&format!("{pragmas} CREATE TABLE account (id INTEGER)")).unwrap();
        drop(other);
        assert_is_no_store(&file);
        let files = std::fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(files, 1, "nothing is left beside it");
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn refuses_another_schema_and_leaves_the_file_unchanged() {
    let test_store = test_store::sqlite();
    let mut book = Book::new(&test_store.open(), "acme");
    book.commit(vec![book.phone(1, Some(nth_phone(1)))]);
    drop(book);
    let file = test_store.file("ringbook.db");
    let set =
        |version| test_store.connection().pragma_update(None, "user_version", version).unwrap();
    let known = test_store.query("PRAGMA user_version").remove(0).parse().unwrap();
    for other in [known + 1, known - 1] {
        set(other);
        let before = std::fs::read(&file).unwrap();
        let error = open(&file, Creates::Yes).unwrap_err();
        let (StoreError::NewerSchema { store, found, known: own }
        | StoreError::UnreleasedSchema { store, found, known: own }) = &error
        else {
            panic!("{error:?}");
        };
        assert_eq!((store, *found, *own), (&text(&file), other, known));
        assert_eq!(matches!(error, StoreError::NewerSchema { .. }), other > known);
        assert!(std::fs::read(&file).unwrap() == before, "the file was changed");
    }
    set(known);
    open(&file, Creates::No).unwrap();
}

#[test]
fn makes_a_store_of_an_empty_file_where_one_may_be_made() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("empty");
    std::fs::write(&file, "").unwrap();
    let error = open(&file, Creates::No).unwrap_err();
    assert!(matches!(error, StoreError::NoStore(_)), "{error}");
    open(&file, Creates::Yes).unwrap();
}

#[test]
fn names_a_path_that_cannot_be_opened() {
    let directory = tempdir().unwrap();
    let at = |path: &str| directory.path().join(path);
    std::fs::write(at("file"), "").unwrap();
    for (path, parent) in [("no/such/ringbook.db", "no/such"), ("file/ringbook.db", "file")] {
        let answer = open(&at(path), Creates::Yes);
        let is_named = matches!(&answer, Err(StoreError::NoDirectory { file, directory })
            if *file == at(path) && *directory == at(parent));
        assert!(is_named, "{answer:?}");
    }
    let absent = at("absent.db");
    let answer = open(&absent, Creates::No);
    let is_named = matches!(&answer, Err(StoreError::NoStore(file)) if *file == text(&absent));
    assert!(is_named, "{answer:?}");
    assert!(!absent.exists(), "none is created");

    for creates in [Creates::Yes, Creates::No] {
        let answer = open(directory.path(), creates);
        let is_named = matches!(&answer, Err(StoreError::CannotOpen { file, reason })
            if file == directory.path() && reason.contains("directory"));
        assert!(is_named, "{answer:?}");
    }
}

/// A store records the number alone, so two schemas must not have the same one.
#[test]
fn an_edited_schema_has_another_number() {
    let directory = tempdir().unwrap();
    let mut hash = Sha256::new();
    let location = Location::Sqlite(directory.path().join("ringbook.db"));
    let applied = store::migrate(&location).unwrap();
    for migration in &applied {
        hash.update(migration.sqlite);
        hash.update(migration.postgres);
    }
    let hash = u64::from_be_bytes(hash.finalize()[..8].try_into().unwrap());
    let noted = (9, 0xdf56_d3fd_5604_9bc4);
    let now = (applied.last().unwrap().number, hash);
    assert_eq!(now, noted, "the schema was edited: raise its number and note {now:#x?} here");
}
