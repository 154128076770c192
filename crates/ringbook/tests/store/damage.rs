//! Damage that is planted past everything of ours, and found by a check.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use ringbook::service::Service;
use ringbook::service::clock::SystemClock;
use ringbook::store::CatchUp;

use crate::book::{Book, nth_phone, phone};
use crate::place::{self, Place};

/// A store with an account of two phones, which nobody has open.
fn sound(kind: &Place) -> Place {
    let place = kind.another();
    let mut book = Book::new(&place.open(), "acme");
    book.commit(vec![
        book.skill(1, Some("General")),
        book.phone(1, Some(phone("111", "Ravi", &[(1, 1)]))),
        book.phone(2, Some(phone("222", "Mira", &[]))),
    ]);
    place
}

fn findings(place: &Place) -> Vec<String> {
    let service = Service::new(place.open(), Arc::new(SystemClock));
    service.check(|_, _| {}).unwrap().findings
}

/// The damage is found, and told in these words alone.
#[track_caller]
fn assert_found(kind: &Place, sql: &str, words: &[&str]) {
    let place = sound(kind);
    assert_eq!(findings(&place), [""; 0]);
    place.execute(sql);
    let found = findings(&place);
    assert_eq!(found.len(), words.len(), "{sql}: {found:?}");
    for (finding, words) in found.iter().zip(words) {
        assert!(finding.contains(words), "{sql}: {finding:?} does not say {words:?}");
    }
}

pub fn a_sound_store_is_counted(kind: &Place) {
    let place = sound(kind);
    let service = Service::new(place.open(), Arc::new(SystemClock));
    let mut steps = Vec::new();
    let report = service.check(|done, total| steps.push((done, total))).unwrap();
    assert_eq!((report.accounts, report.phones, report.findings.len()), (1, 2, 0));
    assert_eq!(steps, [(0, 1)]);
}

pub fn what_breaks_a_rule_is_found(kind: &Place) {
    for (sql, words) in [
        ("UPDATE phone SET number = '111' WHERE id = 2", "two phones have the number 111"),
        ("UPDATE phone SET name = 'RAVI' WHERE id = 2", "two phones have the name"),
        (r#"UPDATE phone SET skills = '{"1":1,"9":2}' WHERE id = 1"#, "no skill of id 9"),
        (r#"UPDATE phone SET skills = '{"1":1}'"#, "222 have one place in the ring order of Gen"),
        ("DELETE FROM skill", "no skill of id 1"),
        ("UPDATE account_version SET next_phone_id = 2", "yet to be given"),
    ] {
        assert_found(kind, &format!("{}; {sql}", kind.without_defence()), &[words]);
    }
}

pub fn a_row_that_is_no_value_is_found(kind: &Place) {
    for (sql, words) in [
        ("UPDATE phone SET number = '11a' WHERE id = 2", "phone 2: the number is not numeric"),
        ("UPDATE phone SET name = '' WHERE id = 2", "phone 2: the name empty"),
        ("UPDATE phone SET skills = '[' WHERE id = 1", "phone 1: skills: "),
        (r#"UPDATE phone SET skills = '{"1048576":1}' WHERE id = 1"#, "phone 1: skills: "),
        ("UPDATE skill SET name = 'a,b'", "skill 1: a skill's name cannot contain"),
        ("UPDATE account SET user_name = 'a b'", "account 1: "),
        ("UPDATE account SET tokens_issued_us = 'x'", "account 1: tokens_issued_us"),
    ] {
        assert_found(kind, sql, &[words]);
    }
}

pub fn rows_that_do_not_belong_together_are_found(kind: &Place) {
    for (sql, words) in [
        ("UPDATE change SET delta = '{' WHERE version = 3", "change without a readable delta"),
        ("UPDATE account_version SET version = 9", "version is not that of its last change"),
        ("DELETE FROM change WHERE version = 4", "version is not that of its last change"),
        ("DELETE FROM account_version", "account without counters"),
        ("INSERT INTO skill VALUES (5, 1, 'QA')", "skill of an account that does not exist"),
        (kind.phone_of(5).as_str(), "phone of an account that does not exist"),
    ] {
        assert_found(kind, sql, &[words]);
    }
}

pub fn several_faults_are_all_told(kind: &Place) {
    let defence = kind.without_defence();
    let sql = "UPDATE phone SET number = '111', name = 'ravi', skills = '{\"7\":1}' WHERE id = 2; \
               UPDATE account_version SET version = 1";
    let words =
        ["version is not", "two phones have the number", "two phones have the name", "id 7"];
    assert_found(kind, &format!("{defence}; {sql}"), &words);
}

/// One account that cannot be read does not hide another one's faults.
pub fn each_account_is_looked_at(kind: &Place) {
    let place = sound(kind);
    Book::new(&place.open(), "zeta");
    let phone = place.phone_of(2);
    place.execute(&format!("UPDATE phone SET number = 'x' WHERE id = 1; {phone}"));
    let found = findings(&place);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("account 1") && found[1].contains("account zeta"), "{found:?}");
}

/// A disk that has lost pages: whatever else is said, it is not "ok".
#[test]
fn lost_pages_are_found() {
    let place = sound(&place::sqlite());
    let mut book = Book { store: place.open(), account: load(&place) };
    book.commit((3..2000).map(|id| book.phone(id, Some(nth_phone(id)))).collect());
    drop(book);
    let mut file = std::fs::OpenOptions::new().write(true).open(place.file("ringbook.db")).unwrap();
    for page in (40..80).step_by(4) {
        file.seek(SeekFrom::Start(page * 1024)).unwrap();
        file.write_all(&[0x5a; 1024]).unwrap();
    }
    drop(file);
    let service = Service::new(place.open(), Arc::new(SystemClock));
    let said = match service.check(|_, _| {}) {
        Ok(report) => report.findings,
        Err(failure) => vec![failure.to_string()],
    };
    assert!(!said.is_empty());
}

fn load(place: &Place) -> directory::Account {
    let store = place.open();
    let head = store.find_account("acme").unwrap().unwrap();
    store.load(head.id).unwrap().unwrap()
}

/// Somebody who shortens the history makes others load the account anew, and no more.
pub fn a_gap_in_the_history_means_reload(kind: &Place) {
    let place = sound(kind);
    let store = place.open();
    let id = store.find_account("acme").unwrap().unwrap().id;
    place.execute("DELETE FROM change WHERE version = 3");
    assert!(matches!(store.catch_up(id, 3).unwrap(), CatchUp::Rows { .. }));
    for version in [1, 2] {
        assert!(matches!(store.catch_up(id, version).unwrap(), CatchUp::Reload), "{version}");
    }
}
