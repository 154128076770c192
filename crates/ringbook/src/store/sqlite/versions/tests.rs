//! What is cached, and for how long.

use std::time::{Duration, Instant};

use directory::{
    Change, Counters, Phone, PhoneId, PhoneName, PhoneNumber, Profile, SkillNames, UserName,
};

use super::*;
use crate::store::sqlite::SqliteStore;
use crate::store::{Migrates, Origin, ReadStore, RequestId, StampedChange, Store, Verdict};

fn origin() -> Origin {
    Origin {
        at_us: 1_780_000_000_000_000,
        request_id: RequestId(7),
        source: "test".into(),
        import: None,
    }
}

fn account(store: &SqliteStore, name: &str) -> AccountId {
    let profile = Profile::new(UserName::parse(name).unwrap(), [7; 32]);
    store.create_account(&profile, &origin(), None, deadline()).unwrap().unwrap()
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

/// Creates the phone with the number of the version.
fn commit(store: &SqliteStore, id: AccountId) {
    let counters = store.load(id).unwrap().unwrap().counters;
    let phone = Phone {
        number: PhoneNumber::parse(&format!("+91{:06}", counters.version)).unwrap(),
        name: PhoneName::parse(&format!("Agent-{}", counters.version)).unwrap(),
        skills: std::iter::empty().collect(),
    };
    let change =
        Change::Phone { id: PhoneId(counters.next_phone_id), before: None, after: Some(phone) };
    let commit = AccountCommit {
        id,
        expected_version: counters.version,
        counters: Counters {
            version: counters.version + 1,
            next_phone_id: counters.next_phone_id + 1,
            next_skill_id: counters.next_skill_id,
        },
        changes: vec![StampedChange {
            change,
            skill_names: SkillNames::default(),
            origin: origin(),
        }],
        answers: Vec::new(),
    };
    assert_eq!(store.commit(&[commit], deadline()).unwrap(), [Verdict::Committed]);
}

fn cached(store: &SqliteStore, id: AccountId) -> Option<u64> {
    store.known_version(id)
}

#[test]
fn a_version_is_cached_until_another_process_commits() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = SqliteStore::open(&file, Migrates::Yes).unwrap();
    let [one, other] = ["one", "other"].map(|name| account(&store, name));
    assert_eq!(store.versions_of(&[one, other]).unwrap(), [Some(1); 2]);

    // Our own commits update the accounts that they change.
    let before = cached(&store, other);
    assert!(before.is_some());
    for _ in 0..3 {
        commit(&store, one);
        let now = store.load(one).unwrap().unwrap().counters.version;
        assert_eq!(cached(&store, one), Some(now));
        assert_eq!(cached(&store, other), before);
    }
    store.note_key_uses(&[(one, directory::KeyId(1), 1)]).unwrap();
    assert_eq!(cached(&store, other), before);

    // A commit of another process invalidates the cache; what is read afterwards is cached again.
    let process = SqliteStore::open(&file, Migrates::Yes).unwrap();
    commit(&process, other);
    assert_eq!((cached(&store, one), cached(&store, other)), (None, None));
    let now = store.versions_of(&[other]).unwrap()[0];
    assert_eq!(now, before.map(|version| version + 1));
    assert_eq!(cached(&store, other), now);

    // A commit of the other process, and then one of ours.
    commit(&process, one);
    commit(&store, other);
    assert_eq!((cached(&store, one), cached(&store, other)), (None, None));
    assert_eq!(store.versions_of(&[other]).unwrap(), [now.map(|version| version + 1)]);
}

/// Our own commits make nothing stale, and those of others are found while our writer waits.
#[test]
fn stale_accounts_are_found_while_the_writer_is_locked() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = SqliteStore::open(&file, Migrates::Yes).unwrap();
    let [one, other] = ["one", "other"].map(|name| account(&store, name));
    let stale = |one_version, other_version| {
        store.stale(&[(one, one_version), (other, other_version)]).unwrap()
    };
    assert_eq!(stale(1, 1), []);
    commit(&store, one);
    assert_eq!(stale(1, 1), [], "the writer applies our own commits");
    let process = SqliteStore::open(&file, Migrates::Yes).unwrap();
    commit(&process, other);
    let writer = store.writer();
    for _ in 0..2 {
        assert_eq!(stale(2, 1), [other], "the caller has not caught up");
    }
    assert_eq!(stale(2, 2), []);
    drop(writer);
    assert_eq!(stale(2, 2), []);
    commit(&store, one);
    commit(&process, other);
    commit(&store, one);
    assert_eq!(stale(4, 2), [other]);
    assert_eq!(stale(4, 3), []);
}

#[test]
fn a_store_in_memory_caches_nothing() {
    let store = SqliteStore::in_memory().unwrap();
    let id = account(&store, "one");
    assert_eq!(store.versions_of(&[id]).unwrap(), [Some(1)]);
    assert_eq!(cached(&store, id), None);
}
