//! Damage that is planted by plain SQL, and found by a check.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use directory::{ApiKey, Change, KeyId, KeyName, KeyScope};
use ringbook::service::Service;
use ringbook::service::clock::SystemClock;
use ringbook::store::{CatchUp, Store};

use crate::book::{Book, ReadOne as _, phone};
use crate::test_store::{self, TestStore};

/// A closed store with an account of two phones.
fn sound(kind: &TestStore) -> TestStore {
    let test_store = kind.another();
    let mut book = Book::new(&test_store.open(), "acme");
    book.commit(vec![
        book.skill(1, Some("General")),
        book.phone(1, Some(phone("111", "Ravi", &[(1, 1)]))),
        book.phone(2, Some(phone("222", "Mira", &[]))),
    ]);
    test_store
}

pub fn findings(store: &Arc<dyn Store>) -> Vec<String> {
    let service = Service::new(Arc::clone(store), Arc::new(SystemClock));
    service.check(|_, _| {}).unwrap().findings
}

on!(sqlite postgres: counts_the_rows_of_a_sound_store);
fn counts_the_rows_of_a_sound_store(kind: &TestStore) {
    let test_store = sound(kind);
    let service = Service::new(test_store.open(), Arc::new(SystemClock));
    let mut steps = Vec::new();
    let report = service.check(|done, total| steps.push((done, total))).unwrap();
    assert_eq!((report.accounts, report.phones, report.findings.len()), (1, 2, 0));
    assert_eq!(steps, [(0, 1)]);
}

on!(sqlite postgres: finds_planted_damage);
/// Each statement is followed by the words of each finding.
fn finds_planted_damage(kind: &TestStore) {
    let orphan = kind.phone_of(5);
    for (sql, expected) in [
        // Rows that break a rule.
        (
            "UPDATE phone SET number = '111' WHERE id = 2",
            &["two phones have the number 111", "phone 111 (p2): not as c4 left it"][..],
        ),
        (
            "UPDATE phone SET name = 'RAVI' WHERE id = 2",
            &["two phones have the name", "phone 222 (p2): not as c4 left it"],
        ),
        (
            r#"UPDATE phone SET skills = '{"1":1,"9":2}' WHERE id = 1"#,
            &["no skill of id 9", "phone 111 (p1): not as c3 left it"],
        ),
        (
            r#"UPDATE phone SET skills = '{"1":1}'"#,
            &["222 have one place in the ring order of Gen", "(p2): not as c4 left it"],
        ),
        ("DELETE FROM skill", &["no skill of id 1", "skill s1: not as c3 left it"]),
        ("UPDATE account_version SET next_phone_id = 2", &["yet to be given"]),
        // Several at once.
        (
            "UPDATE phone SET number = '111', name = 'ravi', skills = '{\"7\":1}' WHERE id = 2; \
             UPDATE account_version SET version = 9",
            &[
                "version is not",
                "two phones have the number",
                "two phones have the name",
                "id 7",
                "c9 is missing",
                "(p2): not as c4 left it",
            ],
        ),
        // Values that cannot be read.
        (
            "UPDATE phone SET number = '11a' WHERE id = 2",
            &[r#"phone 2: the number "11a": not numeric"#],
        ),
        ("UPDATE phone SET name = '' WHERE id = 2", &["phone 2: the name empty"]),
        ("UPDATE phone SET skills = '[' WHERE id = 1", &["phone 1: skills: "]),
        (r#"UPDATE phone SET skills = '{"1048576":1}' WHERE id = 1"#, &["phone 1: skills: "]),
        ("UPDATE skill SET name = 'a,b'", &["skill 1: a skill's name cannot contain"]),
        ("UPDATE account SET user_name = 'a b'", &["account 1: "]),
        ("UPDATE account SET tokens_issued_us = 'x'", &["account 1: tokens_issued_us"]),
        (
            "INSERT INTO api_key SELECT 1, 3, '', 'read', api_key_sha256, 5, 9 FROM account",
            &["account 1: the name of an API key is none"],
        ),
        (
            "INSERT INTO api_key SELECT 1, 3, 'PBX', 'read', substr(api_key_sha256, 2), 5, 9 FROM account",
            &["account 1: the SHA-256 of an API key has not 32 bytes"],
        ),
        // Rows that do not fit together.
        (
            "UPDATE change SET delta = '{' WHERE version = 3",
            &["change without a readable delta", "change"],
        ),
        (
            "UPDATE account_version SET version = 9",
            &["version is not that of its last change", "c9 is missing in the history"],
        ),
        (
            "DELETE FROM change WHERE version = 4",
            &["version is not that of its last change", "c4 is missing in the history"],
        ),
        ("DELETE FROM account_version", &["account without counters"]),
        ("INSERT INTO skill VALUES (5, 1, 'QA', 1)", &["skill of an account that does not exist"]),
        (
            "INSERT INTO routing VALUES (5, 'p1', '{}', 1)",
            &["routing settings of an account that does not exist"],
        ),
        (orphan.as_str(), &["phone of an account that does not exist"]),
    ] {
        assert_found(kind, sql, expected);
    }
}

on!(sqlite postgres: finds_damaged_routing_settings);
fn finds_damaged_routing_settings(kind: &TestStore) {
    for (sql, expected) in [
        (
            r#"INSERT INTO routing VALUES (1, 'p1', '{"pause":5}', 4)"#,
            &["account 1, routing settings"][..],
        ),
        ("INSERT INTO routing VALUES (1, 'x1', '{}', 4)", &["there is no such subject"]),
        // Settings of what is not there.
        (
            r#"INSERT INTO routing VALUES (1, 'p7', '{"pause":"-"}', 4), (1, 's7', '{"mode":"serial"}', 4)"#,
            &[
                "s7 does not exist and has",
                "p7 does not exist and has",
                "routing settings of s7: no change of the history created it",
                "routing settings of p7: no change of the history created it",
            ],
        ),
        (
            r#"INSERT INTO routing VALUES (1, 'p1', '{"s9.delay_s":"1"}', 4), (1, 's1', '{"overflow":"s9"}', 4)"#,
            &[
                "s1 has the routing setting overflow s9: there is no such skill",
                "p1 has the routing setting s9.delay_s 1: it does not have that skill",
                "routing settings of s1: no change",
                "routing settings of p1: no change",
            ],
        ),
        (
            r#"INSERT INTO routing VALUES (1, 's1', '{"overflow":"s1"}', 4)"#,
            &[
                "s1 has the routing setting overflow s1: that is a circle",
                "routing settings of s1: no change",
            ],
        ),
    ] {
        assert_found(kind, sql, expected);
    }
}

/// The words of each finding.
#[track_caller]
fn assert_found(kind: &TestStore, sql: &str, expected: &[&str]) {
    let test_store = sound(kind);
    assert_eq!(findings(&test_store.open()), [""; 0]);
    test_store.execute(&format!("{}; {sql}", kind.without_defence()));
    let found = findings(&test_store.open());
    assert_eq!(found.len(), expected.len(), "{sql}: {found:?}");
    for (finding, words) in found.iter().zip(expected) {
        assert!(finding.contains(words), "{sql}: {finding:?} does not say {words:?}");
    }
}

on!(sqlite postgres: compares_rows_with_the_history);
/// Each statement damages a row so that it breaks no rule. The finding names the account, what is
/// damaged, the change that left it otherwise, and what it is now.
fn compares_rows_with_the_history(kind: &TestStore) {
    let key = ApiKey {
        id: KeyId(7),
        name: KeyName::parse("PBX").unwrap(),
        scope: KeyScope::Read,
        sha256: [7; 32],
        created_us: 0,
        expires_us: Some(9),
    };
    for (sql, expected) in [
        (
            "UPDATE phone SET number = '112' WHERE id = 1",
            "phone 112 (p1): not as c7 left it: the phone's number is 112 by now",
        ),
        (
            "UPDATE phone SET name = 'Ravj' WHERE id = 1",
            "phone 113 (p1): not as c3 left it: the phone's name is \"Ravj\" by now",
        ),
        (
            "UPDATE phone SET name = 'mira' WHERE id = 2",
            "phone 222 (p2): not as c4 left it: the phone's name is \"mira\" by now",
        ),
        (
            "UPDATE phone SET skills = '{}' WHERE id = 1",
            "phone 113 (p1): not as c8 left it: the phone's skills, or its places in their ring orders, are others by now: it has none",
        ),
        (
            r#"UPDATE phone SET skills = '{"1":3}' WHERE id = 1"#,
            "phone 113 (p1): not as c8 left it: the phone's skills, or its places in their ring orders, are others by now: it has General",
        ),
        (
            "DELETE FROM phone WHERE id = 2",
            "phone p2: not as c4 left it: the phone is deleted by now",
        ),
        (
            "UPDATE skill SET name = 'General'",
            "skill s1: not as c9 left it: the skill is named \"General\" by now",
        ),
        (
            "UPDATE account SET phone_number_limit = 9",
            "the settings: not as c6 left it: the setting phone_number_limit is 9 by now",
        ),
        (
            "UPDATE api_key SET scope = 'full'",
            "API key k7: not as c5 left it: its name, scope or expiry is another, or it is gone",
        ),
        (
            "DELETE FROM api_key",
            "API key k7: not as c5 left it: its name, scope or expiry is another, or it is gone",
        ),
        (
            "UPDATE phone SET version = 99 WHERE id = 1",
            "phone 113 (p1): not as c8 left it: its version is 99",
        ),
        ("UPDATE skill SET version = 2", "skill s1: not as c9 left it: its version is 2"),
        (
            "UPDATE account_version SET settings_version = 1",
            "the settings: not as c6 left it: its version is 1",
        ),
        // What a change says of before, or of after, is not what the ones beside it say.
        (
            r#"UPDATE change SET delta = '{"number":["111","114"]}' WHERE version = 7"#,
            "phone 113 (p1): not as c7 left it: the phone's number is 113 by now",
        ),
        (
            r#"UPDATE change SET delta = '{"number":["110","113"]}' WHERE version = 7"#,
            "phone 113 (p1): not as c3 left it: the phone's number is 110 by now",
        ),
        (
            r#"UPDATE change SET delta = '{"name":["General","Late"]}' WHERE version = 9"#,
            "skill s1: not as c9 left it: the skill is named \"Night\" by now",
        ),
    ] {
        let test_store = sound(kind);
        let store = test_store.open();
        let id = store.find_account("acme").unwrap().unwrap().id;
        let account = store.load(id).unwrap().unwrap();
        let mut book = Book { store, account };
        let phone = |number, at| Some(phone(number, "Ravi", &[(1, at)]));
        book.commit(vec![
            Change::Key { id: key.id, before: None, after: Some(key.clone()) },
            book.profile(|profile| profile.phone_number_limit = 5),
        ]);
        book.commit(vec![book.phone(1, phone("113", 1))]);
        book.commit(vec![book.phone(1, phone("113", 2)), book.skill(1, Some("Night"))]);
        assert_eq!(findings(&book.store), [""; 0]);
        test_store.execute(sql);
        assert_eq!(findings(&test_store.open()), [format!("account acme: {expected}")], "{sql}");
    }
}

on!(sqlite postgres: finds_the_faults_of_each_account);
/// An account that cannot be read does not hide the faults of another one.
fn finds_the_faults_of_each_account(kind: &TestStore) {
    let test_store = sound(kind);
    Book::new(&test_store.open(), "zeta");
    let phone = test_store.phone_of(2);
    test_store.execute(&format!("UPDATE phone SET number = 'x' WHERE id = 1; {phone}"));
    let found = findings(&test_store.open());
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].contains("account 1") && found[1].contains("account zeta"), "{found:?}");
    assert!(found[2].ends_with(": no change of the history created it"), "{found:?}");
}

/// A disk has lost pages: the check reports anything but "ok".
#[test]
fn finds_lost_pages() {
    let test_store = sound(&test_store::sqlite());
    let store = test_store.open();
    let id = store.find_account("acme").unwrap().unwrap().id;
    let account = store.load(id).unwrap().unwrap();
    let mut book = Book { store, account };
    book.commit(book.nth_phones(3..2000, 0));
    drop(book);
    let mut file =
        std::fs::OpenOptions::new().write(true).open(test_store.file("ringbook.db")).unwrap();
    for page in (40..80).step_by(4) {
        file.seek(SeekFrom::Start(page * 1024)).unwrap();
        file.write_all(&[0x5a; 1024]).unwrap();
    }
    drop(file);
    let service = Service::new(test_store.open(), Arc::new(SystemClock));
    let report = service.check(|_, _| {});
    assert!(report.map_or(true, |report| !report.findings.is_empty()));
}

on!(sqlite postgres: returns_reload_for_a_gap_in_the_history);
/// If somebody deletes a change by hand, others only have to reload the account.
fn returns_reload_for_a_gap_in_the_history(kind: &TestStore) {
    let test_store = sound(kind);
    let store = test_store.open();
    let id = store.find_account("acme").unwrap().unwrap().id;
    test_store.execute("DELETE FROM change WHERE version = 3");
    assert!(matches!(store.catch_up(id, 3).unwrap(), CatchUp::Rows { .. }));
    for version in [1, 2] {
        assert!(matches!(store.catch_up(id, version).unwrap(), CatchUp::Reload), "{version}");
    }
}
