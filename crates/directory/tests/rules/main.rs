//! Tables and properties of the rules.
//!
//! [`table`] reads the tables in `cases`: each case is a state, commands and an outcome. It decides
//! each command twice: against the committed state, and against the same state decided earlier in
//! the batch and not yet applied. [`single`] has the cases that no table can express.
//! [`properties`] compares random sequences of [`steps`] with a [`model`], which uses no code of
//! the rules. [`revert_properties`] reverts the changes of such sequences. [`values`] has the fields.
//! [`routing`] has routing settings, hours, and properties of both and of ring decisions.

mod commands;
mod delta;
mod model;
mod notation;
mod properties;
mod revert_properties;
mod routing;
mod single;
mod steps;
mod table;
mod values;

use directory::routing::{Settings, Subject, Value, overflow};
use directory::{
    Account, ApiKeys, Assignment, Change, Command, Counters, Decision, KeyId, Kind, Obstacle,
    Phone, PhoneId, PhoneName, PhoneNumber, Profile, Refusal, RowFault, SaveMode, SkillFault,
    SkillId, SkillList, SkillName, Tokens, View, find_phone,
};
use notation::{history, lines, new_account, render};

/// Decides a command and stages its changes, as for a batch in which others follow.
fn decide(view: &mut View<'_>, command: &Command) -> Result<Decision, Refusal> {
    let decision = directory::decide(view, command)?;
    for change in &decision.changes {
        view.stage(change);
    }
    Ok(decision)
}

/// An account in a state.
fn account(state: &str) -> Account {
    let mut account = notation::new_account();
    for change in history(state) {
        apply(&mut account, &change);
    }
    account
}

/// The outcome of a command, and its changes. `before` is the account as `view` shows it.
fn outcome_of(before: &Account, view: &mut View<'_>, command: &Command) -> (String, Vec<Change>) {
    let decided = decide(view, command);
    let changes = decided.as_ref().map_or(Vec::new(), |decision| decision.changes.clone());
    // Several commands may change a phone twice, and so may a revert.
    if !matches!(command, Command::Several { .. } | Command::Revert { .. }) {
        assert_no_phone_twice(&changes);
    }
    let mut after = before.clone();
    for change in &changes {
        apply(&mut after, change);
    }
    if !view.is_deleted() {
        assert_eq!(snapshot(view), snapshot(&View::new(&after)), "staged and applied are the same");
    }
    (render(before, &decided, &after), changes)
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

/// Applies a change. Asserts that `before` and `after` are the values before and after, that they
/// differ, and that the version is counted, for the account and for what shows something else.
#[track_caller]
fn apply(account: &mut Account, change: &Change) {
    assert_has(account, change, 0);
    let version = account.counters.version + 1;
    // Of a large account it would take long to compare all.
    let is_small = account.phones.len() + account.skills.len() < 100;
    let earlier = is_small.then(|| account.clone());
    account.apply(change.clone());
    assert_eq!(account.counters.version, version);
    assert_has(account, change, 1);
    if let Some(earlier) = earlier {
        assert_versions(&earlier, account);
    }
    match change {
        Change::Phone { id, before, after } => {
            assert_ne!(before, after);
            assert!(id.0 < account.counters.next_phone_id);
        }
        Change::Skill { id, before, after } => {
            assert_ne!(before, after);
            assert!(id.0 < account.counters.next_skill_id);
        }
        Change::Profile { before, after } => assert_ne!(before, after),
        Change::Key { id, before, after } => {
            assert_ne!(before, after);
            // The id of a new key is the version of its creation.
            assert!(before.is_some() || id.0 == version);
        }
        Change::Routing { before, after, .. } => assert_ne!(before, after),
        Change::Token { issued } => assert_eq!(account.tokens.newest.as_ref(), Some(issued)),
        Change::AccountDeleted(_) => {
            assert!(account.phones.is_empty() && account.skills.is_empty());
        }
    }
    assert_no_orphans(account);
}

/// Asserts that the account has the value before the change (0) or after it (1).
#[track_caller]
fn assert_has(account: &Account, change: &Change, side: usize) {
    match change {
        Change::Phone { id, before, after } => {
            assert_eq!(account.phones.get(*id), [before, after][side].as_ref());
        }
        Change::Skill { id, before, after } => {
            assert_eq!(account.skills.name(*id), [before, after][side].as_ref());
        }
        Change::Profile { before, after } => assert_eq!(account.profile, *[before, after][side]),
        Change::Key { id, before, after } => {
            assert_eq!(account.keys.get(*id), [before, after][side].as_ref());
        }
        Change::Routing { subject, before, after } => {
            assert_eq!(account.routing.get(*subject), [before, after][side]);
        }
        Change::Token { .. } | Change::AccountDeleted(_) => {}
    }
}

/// Routing settings belong to phones and skills that are there, for skills that the phones have, and
/// lead to skills that are there, in no circle.
#[track_caller]
fn assert_no_orphans(account: &Account) {
    let next = |skill: &SkillId| overflow(account.routing.get(Subject::Skill(*skill)));
    for (subject, settings, _) in account.routing.iter() {
        assert!(!settings.is_empty());
        for (key, value) in settings {
            match subject {
                Subject::Account => {}
                Subject::Skill(id) => {
                    let chain = std::iter::successors(Some(id), next).take(12);
                    assert!(chain.clone().all(|skill| account.skills.name(skill).is_some()));
                    assert!(chain.count() <= 11, "{account:?}");
                }
                Subject::Phone(id) => {
                    let phone = account.phones.get(id).expect("a phone that is there");
                    assert!(key.skill.is_none_or(|skill| phone.skills.contains(skill)), "{value}");
                }
            }
        }
    }
}

/// After one change, a phone has the version of the change if it, or the name of one of its skills,
/// is another one than before; otherwise it has the version from before. So has a ring order.
#[track_caller]
fn assert_versions(before: &Account, after: &Account) {
    let now = after.counters.version;
    let shown = |account: &Account, id| {
        let phone = account.phones.get(id)?.clone();
        let names: Vec<_> =
            phone.skills.iter().map(|held| account.skills.name(held.skill()).cloned()).collect();
        Some((phone, names))
    };
    for (id, _) in after.phones.iter() {
        let is_same = shown(before, id) == shown(after, id);
        let expected = if is_same { View::new(before).phone_version(id) } else { now };
        assert_eq!(View::new(after).phone_version(id), expected, "phone {}", id.0);
    }
    for (name, id) in after.skills.iter() {
        let is_same = before.skills.name(id) == Some(name)
            && before.phones.ring(id).eq(after.phones.ring(id));
        assert_eq!(before.ring_version(id) == after.ring_version(id), is_same, "{name}");
    }
    let is_same = before.profile == after.profile;
    let expected = if is_same { before.counters.settings_version } else { now };
    assert_eq!(after.counters.settings_version, expected);
    for (subject, settings, version) in after.routing.iter() {
        let is_same = before.routing.get(subject) == settings;
        assert_eq!(version, if is_same { before.routing.version(subject) } else { now });
    }
}

/// No two phones share a position in a ring order.
#[track_caller]
fn assert_no_shared_position(account: &Account) {
    for (name, skill) in account.skills.iter() {
        let ring = account.phones.ring(skill);
        let positions = ring.filter_map(|(_, phone)| phone.skills.get(skill));
        let positions: Vec<_> = positions.map(Assignment::position).collect();
        assert!(positions.is_sorted_by(|one, next| one < next), "{name}: {positions:?}");
    }
}

/// Everything that a view shows of an account.
#[derive(Debug, PartialEq)]
struct Snapshot {
    /// Each phone with its version.
    phones: Vec<(PhoneId, Phone, u64)>,
    /// Each skill, the position that a new assignment to it gets, and the version of its ring order.
    skills: Vec<(SkillId, SkillName, u64, u64)>,
    profile: Profile,
    tokens: Tokens,
    keys: ApiKeys,
    /// The routing settings of each subject, and their version.
    routing: Vec<(Subject, Settings, u64)>,
    counters: Counters,
}

#[track_caller]
fn snapshot(view: &View<'_>) -> Snapshot {
    let ids = (0..view.counters().next_phone_id).map(PhoneId);
    let phones = ids.filter_map(|id| Some((id, view.phone(id)?.clone(), view.phone_version(id))));
    let phones: Vec<(PhoneId, Phone, u64)> = phones.collect();
    assert_eq!(view.phone_count(), phones.len());
    for (id, phone, _) in &phones {
        let found = Some((*id, phone));
        assert_eq!(view.phone(*id), Some(phone));
        assert_eq!(view.by_number(phone.number), found);
        assert_eq!(view.by_name(&phone.name.as_str().to_ascii_uppercase()), found);
    }
    let skill = |(name, id): (&SkillName, SkillId)| {
        let ring_version = view.ring_version(id, &view.ring(id));
        (id, name.clone(), view.next_position(id), ring_version)
    };
    let subjects = [Subject::Account].into_iter();
    let subjects = subjects.chain(phones.iter().map(|(id, ..)| Subject::Phone(*id)));
    let subjects = subjects.chain(view.skills().iter().map(|(_, id)| Subject::Skill(id)));
    let routing =
        subjects.map(|of| (of, view.routing(of).clone(), view.routing_version(of))).collect();
    Snapshot {
        routing,
        phones,
        skills: view.skills().iter().map(skill).collect(),
        profile: view.profile().clone(),
        tokens: view.tokens().clone(),
        keys: view.keys().clone(),
        counters: view.counters(),
    }
}
