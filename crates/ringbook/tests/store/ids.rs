//! Ids that do not fit, from other writers of the tables: the schema refuses them, and an account
//! that has one all the same does not stop the others.

use std::sync::Arc;

use directory::Change;
use ringbook::service::Service;
use ringbook::service::clock::SystemClock;
use ringbook::store::{self, CatchUp, CommitError, Location, Migrates};

use crate::book::{Book, deadline, nth_phone, open, origin, profile, versions};
use crate::prune::{before, commit_at, prune};
use crate::test_store::TestStore;

/// The first id that does not fit 32 bits.
const TOO_HIGH: i64 = 1 << 32;

on!(sqlite postgres: refuses_rows_whose_id_does_not_fit);
fn refuses_rows_whose_id_does_not_fit(test_store: &TestStore) {
    let mut book = Book::new(&test_store.open(), "acme");
    book.commit(vec![book.phone(1, Some(nth_phone(1))), book.skill(1, Some("QA"))]);
    let phone = |id: i64| match test_store.location() {
        Location::Postgres(_) => format!("UPDATE phone SET id = {id}"),
        _ => format!("UPDATE phone SET key = {}", if id > 0 { i64::MIN } else { TOO_HIGH + id }),
    };
    for (id, key) in [(-1, -1), (0, 0), (TOO_HIGH, i64::MIN)] {
        for sql in [
            format!("UPDATE account SET id = {id}"),
            format!("UPDATE skill SET id = {id}"),
            phone(id),
            format!(
                "INSERT INTO api_key (account_id, id, name, scope, sha256, created_us) \
                 SELECT id, {key}, 'PBX', 'read', api_key_sha256, 0 FROM account"
            ),
        ] {
            assert!(test_store.refuses(&sql), "{sql}");
        }
    }
    book.assert_stored();
}

on!(sqlite postgres: creates_no_account_whose_id_does_not_fit);
fn creates_no_account_whose_id_does_not_fit(test_store: &TestStore) {
    let store = test_store.open();
    let mut book = Book::new(&store, "acme");
    for id in [TOO_HIGH / 2, TOO_HIGH, 1 << 40] {
        test_store.execute(&test_store.next_account_gets_id(id));
        match store.create_account(&profile("zeta"), &origin(), None, deadline()) {
            Err(error @ CommitError::NothingChanged(_)) => {
                let text = error.to_string();
                assert!(text.contains("account_id_has_31_bits"), "{text}");
            }
            other => panic!("{id}: {other:?}"),
        }
    }
    assert_eq!(test_store.query("SELECT user_name FROM account"), ["acme"]);
    assert_eq!(crate::damage::findings(&store), [""; 0]);
    book.commit(vec![book.phone(1, Some(nth_phone(1)))]);
}

on!(sqlite postgres: one_account_that_cannot_be_read_stops_no_other);
fn one_account_that_cannot_be_read_stops_no_other(test_store: &TestStore) {
    let (store, [mut acme, _, mut zeta]) = open(test_store, ["acme", "bad", "zeta"]);
    for (after_us, book) in (10..).zip([&mut acme, &mut zeta]) {
        commit_at(book, after_us, vec![book.phone(1, Some(nth_phone(1)))]);
    }
    test_store.execute(&test_store.account_gets_id("bad", TOO_HIGH + 7));
    let service = Service::new(Arc::clone(&store), Arc::new(SystemClock));
    let report = service.check(|_, _| {}).unwrap();
    assert_eq!((report.accounts, report.phones), (2, 2));
    assert!(report.findings.iter().any(|one| one.ends_with("2147483647: bad")), "{report:?}");

    let listed = store.accounts("", 9).unwrap();
    let listed = listed.iter().map(|account| match account {
        Ok(account) => account.head.profile.user_name.as_str(),
        Err(damaged) => damaged.user_name.as_str(),
    });
    assert!(listed.eq(["acme", "bad", "zeta"]));
    // The history of the id that it had is that of a deleted account.
    assert_eq!(prune(&*store, &before(100), 1000).0, 3);
    assert_eq!(versions(&*store, zeta.id()), [2]);
    for mut book in [acme, zeta] {
        book.commit(vec![book.phone(2, Some(nth_phone(2)))]);
        book.assert_stored();
    }

    for to in [crate::test_store::sqlite(), crate::test_store::postgres()] {
        let error = store::copy(test_store.location(), to.location(), Migrates::Yes, |_, _| ());
        let error = error.unwrap_err().to_string();
        assert!(error.contains("account_id_has_31_bits"), "{error}");
    }
}

on!(sqlite postgres: accounts_catch_up_beside_a_damaged_one);
fn accounts_catch_up_beside_a_damaged_one(test_store: &TestStore) {
    for damage in [
        "UPDATE phone SET number = 'x' WHERE account_id = 1",
        "UPDATE skill SET name = 'a,b' WHERE account_id = 1",
        "UPDATE account SET tokens_issued_us = '' WHERE id = 1",
    ] {
        let test_store = test_store.another();
        let (store, [mut bad, mut good]) = open(&test_store, ["bad", "good"]);
        let known = [(bad.id(), 1), (good.id(), 1)];
        let changes = |book: &Book| -> Vec<Change> {
            vec![book.skill(1, Some("QA")), book.phone(1, Some(nth_phone(1)))]
        };
        bad.commit(changes(&bad));
        good.commit(changes(&good));
        test_store.execute(damage);
        let caught_up = store.catch_up_all(&known).unwrap();
        assert!(
            matches!(caught_up[..], [CatchUp::Reload, CatchUp::Rows { .. }]),
            "{damage}: {caught_up:?}"
        );
        assert!(store.load(bad.id()).is_err());
        good.assert_stored();
    }
}
