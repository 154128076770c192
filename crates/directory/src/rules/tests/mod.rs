//! Tables of the rules. Each case is a state, a command and what it comes to.
//!
//! [`notation`] and [`commands`] say how the three are written. [`check`] decides each case twice:
//! against the state as committed, and against the same state as decided earlier in the batch and
//! not yet applied. [`properties`] and [`revert_properties`] hold the rules for sequences of
//! [`steps`]; the first holds the rules against [`model`], which knows nothing of them.

mod account;
mod commands;
mod key;
mod model;
mod notation;
mod past;
mod phone;
mod properties;
mod revert;
mod revert_places;
mod revert_properties;
mod ring;
mod several;
mod skill;
mod steps;
mod strict;
mod values;

use super::*;
use crate::account::{Account, ApiKeys, Counters, Profile, Tokens};
use crate::value::{Phone, PhoneId, SkillId, SkillName};
use notation::{history, lines, new_account, render};

/// Decides a command and stages its changes, as for a batch in which others follow.
fn decide(view: &mut View<'_>, command: &Command) -> Result<Decision, Refusal> {
    let decision = super::decide(view, command)?;
    for change in &decision.changes {
        view.stage(change);
    }
    Ok(decision)
}

/// The account in that state.
fn account(state: &str) -> Account {
    let mut account = notation::new_account();
    for change in history(state) {
        apply(&mut account, &change);
    }
    account
}

/// Checks what one command comes to.
#[track_caller]
fn check(state: &str, command: &Command, outcome: &str) {
    story(state, &[(command.clone(), outcome)]);
}

/// Checks what commands come to, one after another.
#[track_caller]
fn story(state: &str, steps: &[(Command, &str)]) {
    let history = history(state);
    let empty = new_account();
    let mut committed = empty.clone();
    let mut batch = View::new(&empty);
    for change in &history {
        apply(&mut committed, change);
        batch.stage(change);
    }
    for (command, outcome) in steps {
        let expected: Vec<_> = lines(outcome).collect();
        let staged = comes_to(&committed, &mut batch, command).0;
        assert_eq!(lines(&staged).collect::<Vec<_>>(), expected, "in a batch: {command:?}");
        let (alone, after) = comes_to(&committed, &mut View::new(&committed), command);
        assert_eq!(lines(&alone).collect::<Vec<_>>(), expected, "by itself: {command:?}");
        committed = after;
    }
}

/// What a command comes to in words, and the account after it. `before` is the account as `view`
/// shows it.
#[track_caller]
fn comes_to(before: &Account, view: &mut View<'_>, command: &Command) -> (String, Account) {
    let decided = decide(view, command);
    let mut after = before.clone();
    if let Ok(decision) = &decided {
        // Several commands may well be about one phone, and so may be what is taken back.
        if !matches!(command, Command::Several { .. } | Command::Revert { .. }) {
            assert_no_phone_twice(&decision.changes);
        }
        for change in &decision.changes {
            apply(&mut after, change);
        }
    }
    if !view.is_deleted() {
        assert_eq!(seen(view), seen(&View::new(&after)), "staged and applied are the same");
    }
    (render(before, &decided, &after), after)
}

#[track_caller]
fn assert_no_phone_twice(changes: &[Change]) {
    let mut ids: Vec<_> = changes
        .iter()
        .filter_map(|change| if let Change::Phone { id, .. } = change { Some(*id) } else { None })
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "one command changes a phone once: {changes:?}");
}

/// Carries out a change, which must be told as what was there, become what it says, be a real
/// change, and count as one.
#[track_caller]
fn apply(account: &mut Account, change: &Change) {
    match change {
        Change::Phone { id, before, after } => {
            assert_eq!(account.phones.get(*id), before.as_ref());
            assert_ne!(before, after);
        }
        Change::Skill { id, before, after } => {
            assert_eq!(account.skills.name(*id), before.as_ref());
            assert_ne!(before, after);
        }
        Change::Profile { before, after } => {
            assert_eq!(account.profile, *before);
            assert_ne!(before, after);
        }
        Change::Key { id, before, after } => {
            assert_eq!(account.keys.get(*id), before.as_ref());
            assert_ne!(before, after);
        }
        Change::Token { .. } | Change::AccountDeleted => {}
    }
    let version = account.counters.version;
    account.apply(change.clone());
    assert_eq!(account.counters.version, version + 1);
    match change {
        Change::Phone { id, after, .. } => {
            assert_eq!(account.phones.get(*id), after.as_ref());
            assert!(id.0 < account.counters.next_phone_id);
        }
        Change::Skill { id, after, .. } => {
            assert_eq!(account.skills.name(*id), after.as_ref());
            assert!(id.0 < account.counters.next_skill_id);
        }
        Change::Profile { after, .. } => assert_eq!(account.profile, *after),
        Change::Key { id, before, after } => {
            assert_eq!(account.keys.get(*id), after.as_ref());
            // A new one is named after the change that made it.
            assert!(before.is_some() || id.0 == account.counters.version);
        }
        Change::Token { issued } => assert_eq!(account.tokens.newest.as_ref(), Some(issued)),
        Change::AccountDeleted => {
            assert!(account.phones.is_empty() && account.skills.is_empty());
        }
    }
}

/// All that can be seen of an account through a view.
#[derive(Debug, PartialEq)]
struct Seen {
    phones: Vec<(PhoneId, Phone)>,
    /// Each skill, and the position that a new assignment to it gets.
    skills: Vec<(SkillId, SkillName, u64)>,
    profile: Profile,
    tokens: Tokens,
    keys: ApiKeys,
    counters: Counters,
}

#[track_caller]
fn seen(view: &View<'_>) -> Seen {
    let mut phones: Vec<_> = view.phones().map(|(id, phone)| (id, phone.clone())).collect();
    phones.sort_by_key(|(id, _)| *id);
    assert_eq!(view.phone_count(), phones.len());
    for (id, phone) in &phones {
        let found = Some((*id, phone));
        assert_eq!(view.phone(*id), Some(phone));
        assert_eq!(view.by_number(phone.number), found);
        assert_eq!(view.by_name(&phone.name.as_str().to_ascii_uppercase()), found);
    }
    let skills = view.skills();
    Seen {
        phones,
        skills: skills.iter().map(|(n, id)| (id, n.clone(), view.next_position(id))).collect(),
        profile: view.profile().clone(),
        tokens: view.tokens().clone(),
        keys: view.keys().clone(),
        counters: view.counters(),
    }
}
