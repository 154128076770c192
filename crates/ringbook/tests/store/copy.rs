//! Copying all rows from one engine to the other and back.

use directory::{KeyId, KeyScope};
use ringbook::store::{
    self, AccountCommit, IdempotencyRecord, ImportState, ImportWrite, Location, Migrates,
    OperatorKey, SessionChange,
};

use crate::book::{Book, assert_sound, commit, nth_phone};
use crate::idempotency::answer;
use crate::imports::import;
use crate::keys::{key, set};
use crate::routing::{PHONE, route};
use crate::sessions::session;
use crate::test_store::{self, TestStore};

/// More than are copied at a time.
const ANSWERS: u32 = 2300;

/// Every row of each table; of what is random, how long it is.
const TABLES: [&str; 9] = [
    "SELECT * FROM import ORDER BY account_id, id",
    "SELECT * FROM routing ORDER BY account_id, subject",
    "SELECT account_id, id, name, scope, length(sha256), created_us, expires_us FROM api_key \
     ORDER BY account_id, id",
    "SELECT account_id, key_id, used_us FROM key_use ORDER BY account_id, key_id",
    "SELECT account_id, length(key_sha256), length(request_sha256), at_us, length(answer) \
     FROM idempotency_record ORDER BY account_id, at_us, length(answer)",
    "SELECT name, length(sha256), created_us, expires_us FROM operator_key ORDER BY name",
    "SELECT length(sha256), account_id, key_name, created_us, user_agent FROM session ORDER BY created_us",
    "SELECT account_id, version, kind FROM change ORDER BY account_id, version",
    "SELECT id, user_name FROM account ORDER BY id",
];

fn operator_key(name: &str, expires_us: Option<i64>) -> OperatorKey {
    OperatorKey { name: name.to_owned(), sha256: [1; 32], created_us: 5, expires_us }
}

fn fill(test_store: &TestStore) {
    let store = test_store.open();
    let [mut acme, gone] = ["acme", "gone"].map(|name| Book::new(&store, name));
    let key = |later, expires_us| {
        set(None, Some(&key(&acme, later, "PBX \"Süd\"", KeyScope::Routing, expires_us)))
    };
    let phone = acme.phone(1, Some(nth_phone(1)));
    acme.commit(vec![key(0, None), key(1, Some(7)), phone]);
    acme.commit(vec![route(&acme, PHONE, &[("pause", "- \"Süd\"")])]);
    store.note_key_uses(&[(acme.id(), KeyId::MAIN, 4), (acme.id(), KeyId(3), 5)]).unwrap();
    for key in [operator_key("terraform", None), operator_key("ansible", Some(9))] {
        assert!(store.create_operator_key(&key).unwrap());
    }
    for session in [session(1, Some(acme.id()), None), session(2, None, None)] {
        store.change_sessions(&SessionChange::Open(session)).unwrap();
    }
    let numbered = |n: u32| {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&n.wrapping_mul(0x9e37_79b9).to_be_bytes());
        IdempotencyRecord { key, ..answer(1, n.into(), "answer") }
    };
    let records = acme.prepare_with(vec![], (0..ANSWERS).map(numbered));
    let deletion = gone.prepare_with(vec![gone.deletion()], [answer(1, 2, "gone")]);
    let imports = vec![ImportWrite::Progress(import(2, ImportState::Stopped, [3, 2, 1, 0]))];
    commit(&*store, &[AccountCommit { imports, ..records }, deletion]);
}

/// The damaged rows are still there to look at, and no other row suffers.
#[test]
fn copies_unreadable_deltas_unchanged() {
    let (from, there, back) =
        (test_store::postgres(), test_store::sqlite(), test_store::postgres());
    fill(&from);
    for (version, delta) in (1..).zip(["{\n", "", "\"a\"", "{\n}"]) {
        from.execute(&format!(
            "UPDATE change SET delta = '{delta}' WHERE account_id = 1 AND version = {version}"
        ));
    }
    let file = Location::Sqlite(there.file("ringbook.db"));
    let copy = |from: &Location, to: &Location| store::copy(from, to, Migrates::Yes, |_, _| ());
    copy(&from.url().parse().unwrap(), &file).unwrap();
    let findings = there.open().check_integrity().unwrap();
    assert_eq!(findings.len(), 4, "{findings:?}");
    assert!(findings.iter().all(|one| one.contains("delta")), "{findings:?}");
    copy(&file, &back.url().parse().unwrap()).unwrap();
    let deltas = "SELECT delta FROM change ORDER BY account_id, version";
    assert_eq!(back.query(deltas), from.query(deltas));
}

#[test]
fn copies_keys_and_idempotency_records_there_and_back() {
    let (from, there, back) = (test_store::sqlite(), test_store::postgres(), test_store::sqlite());
    fill(&from);
    let file = |test_store: &TestStore| Location::Sqlite(test_store.file("ringbook.db"));
    let database: Location = there.url().parse().unwrap();
    let copy = |from: &Location, to: &Location| {
        let mut last = (0, 0);
        let tally = store::copy(from, to, Migrates::Yes, |done, all| last = (done, all)).unwrap();
        assert_eq!(last, (2 * tally.rows(), 2 * tally.rows()));
        tally
    };
    let tally = copy(&file(&from), &database);
    let counts = ["api_key", "operator_key", "key_use", "idempotency_record"];
    let counts = counts.map(|table| tally.rows_of(table));
    assert_eq!(counts, [2, 2, 2, u64::from(ANSWERS) + 1]);
    assert_eq!(copy(&database, &file(&back)), tally);
    for sql in TABLES {
        let rows = from.query(sql);
        assert!(!rows.is_empty());
        assert_eq!(there.query(sql), rows, "{sql}");
        assert_eq!(back.query(sql), rows, "{sql}");
    }
    for test_store in [there, back] {
        let store = test_store.open();
        assert_sound(&*store);
        // The store's clock goes on, so that the records age as before.
        let clock = store.clock().unwrap().expect("there are records");
        assert_eq!(clock.clock_us, i64::from(ANSWERS) - 1);
        assert_eq!(Book::new(&store, "next").id().0, 3, "the history speaks of 2");
    }
}

/// A store with a key of the operator alone is not empty.
#[test]
fn refuses_a_target_with_only_an_operator_key() {
    let (from, to) = (test_store::sqlite(), test_store::postgres());
    fill(&from);
    to.open().create_operator_key(&operator_key("k", None)).unwrap();
    let from = Location::Sqlite(from.file("ringbook.db"));
    let refused = store::copy(&from, &to.url().parse().unwrap(), Migrates::Yes, |_, _| {});
    assert!(matches!(refused, Err(store::CopyError::NotEmpty(_))), "{refused:?}");
}
