//! Backups of a store.

use std::path::Path;
use std::sync::Arc;

use directory::PhoneId;
use ringbook::store::{self, Creates, Location, Migrates, Store, StoreError};

use crate::book::{Book, phone};
use crate::damage::findings;
use crate::test_store::TestStore;

/// Opens a backup, which is always a SQLite store, and checks it.
#[track_caller]
fn open(file: &Path) -> Arc<dyn Store> {
    let location = Location::Sqlite(file.to_owned());
    let copy = store::open(&location, Creates::No, Migrates::No).unwrap();
    assert_eq!(findings(&copy), [""; 0]);
    copy
}

on!(memory sqlite: a_backup_has_all_rows_and_can_be_edited);
fn a_backup_has_all_rows_and_can_be_edited(test_store: &TestStore) {
    let mut book = Book::new(&test_store.open(), "acme");
    book.commit(vec![
        book.skill(1, Some("General")),
        book.phone(1, Some(phone("+111", "Ravi", &[(1, 7)]))),
    ]);
    let (mut steps, file) = (Vec::new(), test_store.file("copy.db"));
    book.store.backup(&file, &mut |done, total| steps.push((done, total))).unwrap();
    let last = *steps.last().unwrap();
    assert!(last.0 == last.1 && last.1 > 0, "{steps:?}");

    let mut copy = Book { store: open(&file), account: book.account.clone() };
    copy.assert_stored();
    // Its edits do not reach the original.
    copy.commit(vec![copy.phone(1, None)]);
    copy.assert_stored();
    book.assert_stored();
}

on!(memory sqlite: refuses_a_target_that_exists_or_has_no_directory);
fn refuses_a_target_that_exists_or_has_no_directory(test_store: &TestStore) {
    let book = Book::new(&test_store.open(), "acme");
    let file = test_store.file("copy.db");
    std::fs::write(&file, "precious").unwrap();
    let answer = book.store.backup(&file, &mut |_, _| {});
    assert!(matches!(&answer, Err(StoreError::FileExists(named)) if *named == file), "{answer:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");

    let nowhere = test_store.file("no such directory/copy.db");
    let answer = book.store.backup(&nowhere, &mut |_, _| {});
    assert!(matches!(answer, Err(StoreError::NoDirectory { .. })), "{answer:?}");

    let link = test_store.file("link.db");
    std::os::unix::fs::symlink(test_store.file("nowhere.db"), &link).unwrap();
    let answer = book.store.backup(&link, &mut |_, _| {});
    assert!(matches!(answer, Err(StoreError::FileExists(_))), "{answer:?}");
}

on!(memory sqlite: removes_what_dead_processes_left_and_nothing_else);
fn removes_what_dead_processes_left_and_nothing_else(test_store: &TestStore) {
    let book = Book::new(&test_store.open(), "acme");
    // Of a backup to a name that nobody uses again, and of one that is being made.
    let [dead, alive] =
        ["monday.db.0123456789abcdef.partial", "tuesday.db.00000000000000ff.partial"];
    let others =
        ["phones.partial", "phones.csv.0123456789abcde.partial", "0123456789abcdef.partial"];
    for name in [[dead, alive].as_slice(), &others].concat() {
        std::fs::write(test_store.file(name), "half").unwrap();
    }
    let lock = std::fs::File::open(test_store.file(alive)).unwrap();
    lock.lock().unwrap();
    let file = test_store.file("wednesday.db");
    book.store.backup(&file, &mut |_, _| {}).unwrap();
    book.assert_stored_in(&*open(&file));
    let partial = |name: &&str| test_store.file(name).exists();
    assert_eq!([dead, alive].iter().filter(|name| partial(name)).collect::<Vec<_>>(), [&alive]);
    assert!(others.iter().all(partial));
}

on!(postgres: refuses_and_names_the_tools_of_the_engine);
fn refuses_and_names_the_tools_of_the_engine(test_store: &TestStore) {
    let book = Book::new(&test_store.open(), "acme");
    let file = test_store.file("copy.db");
    let answer = book.store.backup(&file, &mut |_, _| panic!("nothing is copied"));
    let message = answer.unwrap_err().to_string();
    assert!(message.contains("pg_dump") && message.contains("pg_basebackup"), "{message}");
    assert!(!file.exists());
    book.assert_stored();
}

on!(sqlite: a_backup_is_one_snapshot_while_others_commit);
/// Every commit writes the number of a round into two phones that lie far apart. Another handle
/// commits between any two steps of the backup.
fn a_backup_is_one_snapshot_while_others_commit(test_store: &TestStore) {
    const PHONES: u32 = 40_000;
    let mut book = Book::new(&test_store.open(), "acme");
    book.commit(book.nth_phones(1..=PHONES, 0));
    let version = book.version();
    let mut writer = book.load_in(test_store);
    let mut round = 0;
    let mut write = |_, _| {
        round += 1;
        assert!(round < 1000, "every commit restarts the backup");
        let rounds = [(1, 0), (PHONES, 1)].map(|(id, digit)| {
            let after = phone(&format!("{digit}{round:06}"), &format!("{digit}-{round}"), &[]);
            writer.phone(id, Some(after))
        });
        writer.commit(rounds.to_vec());
    };
    let [first, second] = ["first.db", "second.db"].map(|name| test_store.file(name));
    book.store.backup(&first, &mut write).unwrap();
    let copied = open(&first).versions_of(&[book.id()]).unwrap();
    assert_eq!(copied, [Some(version)], "the version at the start");
    book.assert_stored_in(&*open(&first));

    book.store.backup(&second, &mut write).unwrap();
    assert!(round > 3, "there were {round} steps");
    let copy = open(&second).load(book.id()).unwrap().unwrap();
    let [one, other] = [1, PHONES].map(|id| copy.phones.get(PhoneId(id)).unwrap().name.to_string());
    assert_eq!(one[2..], other[2..], "both phones of a round");
    writer.assert_stored_in(&*book.store);
}
