//! API keys beside the account's own one.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::commands::{create_key, rotate_key, several};
use super::*;
use crate::account::{KeyName, KeyScope};
use crate::command::Saves;
use crate::limits::KEYS_MAX;

const MAIN: &str =
    "refused: the account's own API key can be rotated, and neither edited nor deleted";

#[allow(clippy::option_option, reason = "as it was, never, or at a time: as in the command")]
fn edit_key(id: u64, name: Option<&str>, expires_us: Option<Option<i64>>) -> Command {
    let name = name.map(|name| KeyName::parse(name).unwrap());
    Command::EditKey { id: KeyId(id), name, expires_us }
}

fn delete_key(id: u64) -> Command {
    Command::DeleteKey { id: KeyId(id) }
}

#[test]
fn a_key_is_named_after_the_change_that_made_it() {
    // The account was made by its first change, and its skills by three more.
    check("", &create_key("PBX", KeyScope::Routing, 9, None), "+ api 5 PBX routing 9");
    story(
        "api 2 Wallboard read 8",
        &[
            (
                create_key("PBX", KeyScope::Routing, 9, Some(50)),
                "api 2 Wallboard read 8; + api 6 PBX routing 9 until 50",
            ),
            (delete_key(6), "api 2 Wallboard read 8; - api 6 PBX routing 9 until 50"),
            (delete_key(6), "refused: no API key with the id 6 in this account"),
            // Nobody else is ever called 6, nor 7, which was a deletion.
            (
                create_key("PBX", KeyScope::Full, 9, None),
                "api 2 Wallboard read 8; + api 8 PBX full 9",
            ),
        ],
    );
}

#[test]
fn an_edit_of_a_key_replaces_what_is_given() {
    story(
        "api 2 PBX routing 9",
        &[
            (edit_key(2, Some("Rack"), None), "~ api 2 Rack routing 9"),
            (edit_key(2, None, Some(Some(50))), "~ api 2 Rack routing 9 until 50"),
            (edit_key(2, Some("PBX"), None), "~ api 2 PBX routing 9 until 50"),
            (edit_key(2, Some("PBX"), Some(Some(50))), "api 2 PBX routing 9 until 50"),
            (edit_key(2, None, None), "api 2 PBX routing 9 until 50"),
            (edit_key(2, None, Some(None)), "~ api 2 PBX routing 9"),
            (edit_key(3, None, None), "refused: no API key with the id 3 in this account"),
        ],
    );
}

#[test]
fn a_rotated_key_goes_on_for_a_while() {
    let state = "api 2 PBX routing 9";
    check(state, &rotate_key(2, 8, 500), "~ api 2 PBX routing 9 until 500; + api 6 PBX routing 8");
    check(state, &rotate_key(2, 8, 101), "~ api 2 PBX routing 9 until 101; + api 6 PBX routing 8");
    // It never goes on for longer than it would have by itself.
    for (own, left) in [(600, "~ api 2 PBX read 9 until 500"), (300, "api 2 PBX read 9 until 300")]
    {
        let state = format!("api 2 PBX read 9 until {own}");
        let outcome = format!("{left}; + api 6 PBX read 8 until {own}");
        check(&state, &rotate_key(2, 8, 500), &outcome);
    }
    check(state, &rotate_key(3, 8, 500), "refused: no API key with the id 3 in this account");
    // Somebody who asks twice has rotated once.
    check(state, &rotate_key(2, 9, 500), state);
}

#[test]
fn a_rotated_key_that_does_not_go_on_is_gone() {
    let state = "api 2 PBX routing 9";
    for old_expires_us in [100, 0] {
        let rotate = rotate_key(2, 8, old_expires_us);
        check(state, &rotate, "- api 2 PBX routing 9; + api 6 PBX routing 8");
    }
    // Until 101 it goes on by itself; at 100 it has expired, and the new one lasts as long again:
    // the old one was made at 0.
    let outcome = "api 2 PBX read 9 until 101; + api 6 PBX read 8 until 101";
    check("api 2 PBX read 9 until 101", &rotate_key(2, 8, 500), outcome);
    for (own, until) in [(100, 200), (40, 140), (0, 101)] {
        let state = format!("api 2 PBX read 9 until {own}");
        let outcome = format!("- api 2 PBX read 9 until {own}; + api 6 PBX read 8 until {until}");
        check(&state, &rotate_key(2, 8, 500), &outcome);
    }
}

#[test]
fn the_accounts_own_key_is_rotated_and_that_is_all() {
    let account = account("");
    let decision = decide(&mut View::new(&account), &rotate_key(0, 8, 500)).unwrap();
    let [Change::Key { id, before: None, after: Some(old) }, Change::Profile { after, .. }] =
        &decision.changes[..]
    else {
        panic!("{decision:?}")
    };
    assert_eq!((*id, old.id, old.sha256), (KeyId(5), KeyId(5), account.profile.api_key_sha256));
    assert_eq!((old.scope, old.created_us, old.expires_us), (KeyScope::Full, 100, Some(500)));
    assert_eq!(after.api_key_sha256, [8; 32]);
    // Without an overlap nothing of the old one is left.
    check("", &rotate_key(0, 8, 100), "~ key 8");
    check("", &rotate_key(0, 8, 0), "~ key 8");
    check("", &rotate_key(0, 1, 500), "");
    check("", &edit_key(0, None, None), MAIN);
    check("", &delete_key(0), MAIN);
}

#[test]
fn an_account_has_a_limit_of_keys() {
    let keys = |count| {
        let keys = (2..count + 2).map(|id| format!("api {id} PBX read 9"));
        keys.collect::<Vec<_>>().join("; ")
    };
    let full = keys(KEYS_MAX);
    let refused = "refused: an account has at most 100 API keys";
    let one = create_key("PBX", KeyScope::Read, 8, None);
    check(&full, &one, refused);
    check(&full, &rotate_key(2, 8, 500), refused);
    check(&full, &rotate_key(0, 8, 500), refused);
    let rest = &full["api 2 PBX read 9; ".len()..];
    let replaced = format!("- api 2 PBX read 9; {rest}; + api 105 PBX read 8");
    check(&full, &rotate_key(2, 8, 100), &replaced);
    check(&full, &rotate_key(0, 8, 100), &format!("~ key 8; {full}"));
    let nearly = keys(KEYS_MAX - 1);
    check(&nearly, &one, &format!("{nearly}; + api 104 PBX read 8"));
    check(
        &nearly,
        &several(Saves::GoodRows, [one.clone(), one]),
        &format!("{nearly}; + api 104 PBX read 8; ! line 2: {}", &refused["refused: ".len()..]),
    );
}

/// What happens to keys: to which of those there ever were, if it happens to one.
#[derive(Debug, Clone)]
enum KeyStep {
    Create(KeyScope, Option<i64>),
    /// From when on it is no longer valid, or that it always is.
    Edit(Index, Option<i64>),
    Rotate(Index, i64),
    RotateMain(i64),
    Delete(Index),
}

fn key_step() -> impl Strategy<Value = KeyStep> {
    let scope = prop::sample::select(&KeyScope::ALL);
    let at_us = || 0_i64..300;
    prop_oneof![
        3 => (scope, prop::option::of(at_us())).prop_map(|(s, at_us)| KeyStep::Create(s, at_us)),
        2 => (any::<Index>(), prop::option::of(at_us()))
            .prop_map(|(index, at_us)| KeyStep::Edit(index, at_us)),
        3 => (any::<Index>(), at_us()).prop_map(|(index, at_us)| KeyStep::Rotate(index, at_us)),
        1 => at_us().prop_map(KeyStep::RotateMain),
        2 => any::<Index>().prop_map(KeyStep::Delete),
    ]
}

/// When keys are rotated, as [`rotate_key`] says; they are made at 0.
const NOW_US: i64 = 100;

/// The scope of a key, when it was made, its hash and its end.
type Held = (KeyScope, i64, u8, Option<i64>);
type Keys = BTreeMap<KeyId, Held>;

/// The command of a step, and what becomes of the keys: the one to be made has no id yet.
fn carry_out(
    step: &KeyStep,
    hash: u8,
    main: &mut u8,
    ids: &[KeyId],
    keys: &mut Keys,
) -> (Command, bool, Option<Held>) {
    let pick = |index: &Index| if ids.is_empty() { KeyId(99) } else { ids[index.index(ids.len())] };
    match step {
        KeyStep::Create(scope, at_us) => {
            (create_key("PBX", *scope, hash, *at_us), true, Some((*scope, 0, hash, *at_us)))
        }
        KeyStep::Edit(index, at_us) => {
            let id = pick(index);
            if let Some(key) = keys.get_mut(&id) {
                key.3 = *at_us;
            }
            (edit_key(id.0, None, Some(*at_us)), keys.contains_key(&id), None)
        }
        KeyStep::Rotate(index, at_us) => {
            let id = pick(index);
            let command = rotate_key(id.0, hash, *at_us);
            let Some(key) = keys.get_mut(&id) else { return (command, false, None) };
            let (scope, created_us, _, own) = *key;
            let ends_us = own.unwrap_or(i64::MAX).min(*at_us);
            if ends_us > NOW_US {
                key.3 = Some(ends_us);
            } else {
                keys.remove(&id);
            }
            let lasted =
                |own: i64| if own > NOW_US { own } else { NOW_US + (own - created_us).max(1) };
            (command, true, Some((scope, NOW_US, hash, own.map(lasted))))
        }
        KeyStep::RotateMain(at_us) => {
            let old = std::mem::replace(main, hash);
            let made = (*at_us > NOW_US).then_some((KeyScope::Full, NOW_US, old, Some(*at_us)));
            (rotate_key(0, hash, *at_us), true, made)
        }
        KeyStep::Delete(index) => {
            let id = pick(index);
            (delete_key(id.0), keys.remove(&id).is_some(), None)
        }
    }
}

proptest! {
    /// Keys are what a map of them says, by ids that are never given twice.
    #[test]
    fn keys_do_what_a_map_does(steps in prop::collection::vec(key_step(), 0..60)) {
        let mut account = notation::new_account();
        let (mut main, mut ids, mut keys) = (1, Vec::new(), Keys::new());
        for (hash, step) in (2..).zip(&steps) {
            let (command, is_done, made) = carry_out(step, hash, &mut main, &ids, &mut keys);
            let decided = decide(&mut View::new(&account), &command);
            prop_assert_eq!(decided.is_ok(), is_done, "{:?}: {:?}", step, decided);
            for change in decided.map(|decision| decision.changes).unwrap_or_default() {
                if let Change::Key { id, before: None, .. } = change {
                    prop_assert!(!ids.contains(&id) && id != KeyId::MAIN);
                    ids.push(id);
                    keys.insert(id, made.unwrap());
                }
                apply(&mut account, &change);
            }
            let held = account.keys.iter().map(|key| {
                (key.id, (key.scope, key.created_us, key.sha256[0], key.expires_us))
            });
            prop_assert_eq!(held.collect::<Keys>(), keys.clone());
            prop_assert_eq!(account.profile.api_key_sha256, [main; 32]);
        }
    }
}
