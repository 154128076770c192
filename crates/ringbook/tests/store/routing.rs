//! Routing settings: their rows, and how other processes follow them.

use directory::routing::{Key, Settings, Subject, Value};
use directory::{Change, PhoneId, SkillId};
use ringbook::store::CatchUp;

use crate::book::{Book, ReadOne as _, assert_sound, open, phone};
use crate::catch_up::follow;
use crate::test_store::TestStore;

pub const PHONE: Subject = Subject::Phone(PhoneId(1));
pub const SKILL: Subject = Subject::Skill(SkillId(1));

/// `[("s1.pause", "- lunch")]`
pub fn settings(values: &[(&str, &str)]) -> Settings {
    let value = |(key, text): &(&str, &str)| {
        let key: Key = key.parse().unwrap();
        (key, Value::parse(key.setting, text).unwrap())
    };
    values.iter().map(value).collect()
}

/// A subject gets these settings in place of those that it has.
pub fn route(book: &Book, subject: Subject, values: &[(&str, &str)]) -> Change {
    let before = book.account.routing.get(subject).clone();
    Change::Routing { subject, before, after: settings(values) }
}

/// An account with two skills and a phone, of which each has settings.
pub fn routed(book: &mut Book) {
    book.commit(vec![
        book.skill(1, Some("Sales")),
        book.skill(2, Some("Süd \"2\"")),
        book.phone(1, Some(phone("111", "Ravi", &[(1, 1)]))),
    ]);
    book.commit(vec![
        route(book, Subject::Account, &[("dial_template.kamailio", "sip:{number}@sbc.example")]),
        route(book, SKILL, &[("mode", "parallel"), ("overflow", "s2"), ("ring_time_s", "30")]),
        route(book, PHONE, &[("pause", "- at \"home\""), ("s1.ring_time_s", "5")]),
    ]);
}

const ROWS: &str = "SELECT account_id, subject, settings, version FROM routing \
                    ORDER BY account_id, subject";

on!(memory sqlite postgres: keeps_settings_until_there_is_none);
fn keeps_settings_until_there_is_none(test_store: &TestStore) {
    let (store, [mut acme, mut zeta]) = open(test_store, ["acme", "zeta"]);
    routed(&mut acme);
    routed(&mut zeta);
    let assert_rows = |rows: &[&str]| {
        assert!(!test_store.is_kept() || test_store.query(ROWS) == rows, "{rows:?}");
    };
    acme.assert_stored();
    // Of several changes of one subject in a commit, the last one counts.
    let pauses = ["a", "b"].map(|reason| route(&acme, PHONE, &[("pause", &format!("- {reason}"))]));
    acme.commit(pauses.into());
    acme.assert_stored();
    zeta.commit(vec![zeta.deletion()]);
    assert_rows(&[
        r#"1 | account | {"dial_template.kamailio":"sip:{number}@sbc.example"} | 5"#,
        r#"1 | p1 | {"pause":"- b"} | 9"#,
        r#"1 | s1 | {"mode":"parallel","overflow":"s2","ring_time_s":"30"} | 6"#,
    ]);
    acme.commit(vec![route(&acme, PHONE, &[]), route(&acme, SKILL, &[])]);
    acme.commit(vec![route(&acme, Subject::Account, &[])]);
    acme.assert_stored();
    assert_rows(&[]);
    assert_sound(&*store);
}

on!(memory sqlite postgres: others_follow_settings_only_where_they_were_edited);
fn others_follow_settings_only_where_they_were_edited(test_store: &TestStore) {
    let (store, [mut book]) = open(test_store, ["acme"]);
    let other = if test_store.is_kept() { test_store.open() } else { store };
    routed(&mut book);
    let mut account = book.account.clone();
    let pauses = |book: &Book| vec![route(book, PHONE, &[("s1.pause", "- lunch")])];
    for (changes, has_routing) in [
        (vec![book.phone(1, Some(phone("112", "Ravi", &[(1, 1)])))], false),
        (pauses(&book), true),
        (vec![route(&book, PHONE, &[]), book.phone(1, None)], true),
    ] {
        let known = (book.id(), book.version());
        book.commit(changes);
        let caught_up = other.catch_up(known.0, known.1).unwrap();
        let CatchUp::Rows { routing, phones, .. } = caught_up else { panic!("{caught_up:?}") };
        assert_eq!(routing, has_routing.then(|| book.account.routing.clone()));
        assert_eq!(phones.len(), usize::from(book.version() != known.1 + 1 || !has_routing));
        follow(&*other, &mut account);
        assert_eq!(account.routing, book.account.routing);
        book.assert_stored_in(&*other);
    }
}
