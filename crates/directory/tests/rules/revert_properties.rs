//! Properties of reverts of all sequences of commands.

use proptest::prelude::*;
use proptest::sample::Index;

use super::delta::{apply_all, delta_of};
use super::steps::{Step, revertible_steps, run};
use super::*;
use directory::delta::RecordedChange;

/// A change of the past and the account before it.
struct Happened {
    before: Account,
    change: Change,
    /// Whether it is the first change of its command. Within a command, two phones may share a
    /// position.
    is_first: bool,
}

impl Happened {
    fn recorded(&self) -> RecordedChange {
        RecordedChange {
            version: self.before.counters.version + 1,
            delta: delta_of(&self.change, &self.before.skills),
        }
    }

    /// A phone that was deleted when there were more phones than the limit allows now cannot be
    /// restored.
    fn is_over_the_limit(&self, now: &Account) -> bool {
        let limit = now.profile.phone_number_limit as usize;
        self.change.kind() == Kind::DeletePhone && self.before.phones.len() > limit
    }

    /// Whether it set the limit, which is never reverted.
    fn is_of_limit(&self) -> bool {
        matches!(&self.change, Change::Profile { before, after }
            if before.phone_number_limit != after.phone_number_limit)
    }
}

/// Executes the steps. Returns their changes, oldest first, and the account after them.
fn happen(steps: Vec<Step>) -> (Vec<Happened>, Account) {
    let mut account = notation::new_account();
    let mut all = Vec::new();
    for (command, ..) in run(steps) {
        let decided = decide(&mut View::new(&account), &command);
        let changes = decided.map(|decision| decision.changes).unwrap_or_default();
        for (index, change) in changes.into_iter().enumerate() {
            let before = account.clone();
            apply(&mut account, &change);
            all.push(Happened { before, change, is_first: index == 0 });
        }
    }
    (all, account)
}

type Content = (Vec<(PhoneId, Phone)>, Vec<(SkillName, SkillId)>, Profile);

/// The parts of an account that can be reverted.
fn content(account: &Account) -> Content {
    let phones = account.phones.iter().map(|(id, phone)| (id, phone.clone())).collect();
    let skills = account.skills.iter().map(|(name, id)| (name.clone(), id)).collect();
    (phones, skills, account.profile.clone())
}

/// Decides and executes a revert. Returns its changes, newest first.
fn revert(
    account: &mut Account,
    changes: Vec<RecordedChange>,
) -> Result<Vec<RecordedChange>, Refusal> {
    let mut view = View::new(account);
    let changes =
        decide(&mut view, &Command::Revert { changes, mode: SaveMode::AllOrNothing })?.changes;
    let mut after = account.clone();
    let done = apply_all(&mut after, &changes);
    assert_eq!(snapshot(&view), snapshot(&View::new(&after)), "staged and applied are the same");
    assert_no_shared_position(&after);
    *account = after;
    Ok(done)
}

/// The account after a revert of one change: each field that the change touched is as before it.
fn expected(now: &Account, change: &Change) -> Account {
    let mut account = now.clone();
    match change {
        Change::Phone { id, before: Some(before), after: Some(after) } => {
            let mut phone = now.phones.get(*id).unwrap().clone();
            if before.number != after.number {
                phone.number = before.number;
            }
            if before.name != after.name {
                phone.name = before.name.clone();
            }
            let is_touched = |skill| before.skills.get(skill) != after.skills.get(skill);
            let kept = phone.skills.iter().filter(|held| !is_touched(held.skill()));
            let restored = before.skills.iter().filter(|held| is_touched(held.skill()));
            phone.skills = kept.chain(restored).collect();
            account.set_phone(*id, Some((phone, 0)));
        }
        Change::Phone { id, before, .. } => {
            account.set_phone(*id, before.clone().map(|phone| (phone, 0)));
        }
        Change::Skill { id, before: Some(name), .. } => account.skills.set(*id, name.clone(), 0),
        Change::Skill { id, .. } => account.skills.remove(*id),
        Change::Profile { before, .. } => {
            account.profile.api_authentication = before.api_authentication;
        }
        other => panic!("{other:?} is not revertible"),
    }
    account
}

fn is_over_limit(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Blocked { changes, .. }
        if matches!(changes[0].why, Obstacle::Refused(Refusal::LimitExceeded { .. })))
}

proptest! {
    /// A revert of the newest commands, newest first, restores the account before them except its
    /// limit. A revert of that revert restores the account after them.
    #[test]
    fn reverting_the_newest_changes_restores_the_state_before(
        steps in revertible_steps(),
        count in any::<Index>(),
    ) {
        let (all, now) = happen(steps);
        let some = count.index(all.len());
        let begin = all[..=some].iter().rposition(|one| one.is_first).unwrap();
        let newest: Vec<_> = all[begin..].iter().filter(|one| !one.is_of_limit()).collect();
        let mut account = now.clone();
        let changes = newest.iter().rev().map(|one| one.recorded()).collect();
        match revert(&mut account, changes) {
            Ok(done) => {
                prop_assert!(!newest.iter().any(|one| one.is_over_the_limit(&now)));
                if let Some(oldest) = newest.first() {
                    let (phones, skills, mut profile) = content(&oldest.before);
                    profile.phone_number_limit = now.profile.phone_number_limit;
                    prop_assert_eq!(content(&account), (phones, skills, profile));
                }
                match revert(&mut account, done) {
                    Ok(_) => prop_assert_eq!(content(&account), content(&now)),
                    // A phone was created within a limit that is lower now.
                    Err(refusal) => {
                        prop_assert!(is_over_limit(&refusal), "{refusal}");
                        let limit = now.profile.phone_number_limit as usize;
                        prop_assert!(newest.iter().any(|one| one.before.phones.len() >= limit));
                    }
                }
            }
            Err(refusal) => {
                prop_assert!(is_over_limit(&refusal), "{refusal}");
                let blocked = newest.iter().rev().find(|one| one.is_over_the_limit(&now)).unwrap();
                let Refusal::Blocked { changes, .. } = refusal else { unreachable!() };
                prop_assert_eq!(changes[0].version, blocked.recorded().version);
            }
        }
    }

    /// Any change can be reverted alone, or is refused. A revert restores what the change touched,
    /// leaves all else as it is, and can be reverted.
    #[test]
    fn reverts_or_refuses_any_single_change(steps in revertible_steps()) {
        let (all, now) = happen(steps);
        for one in &all {
            let mut account = now.clone();
            if one.is_of_limit() {
                let refused = revert(&mut account, vec![one.recorded()]);
                prop_assert_eq!(refused, Err(Refusal::LimitNotRevertible));
                continue;
            }
            let Ok(done) = revert(&mut account, vec![one.recorded()]) else { continue };
            prop_assert_eq!(done.len(), 1);
            prop_assert_eq!(content(&account), content(&expected(&now, &one.change)));
            match revert(&mut account, done) {
                Ok(_) => prop_assert_eq!(content(&account), content(&now)),
                // The phone was created within a limit that is lower now.
                Err(refusal) => {
                    prop_assert!(is_over_limit(&refusal), "{refusal}");
                    prop_assert!(now.phones.len() > now.profile.phone_number_limit as usize);
                }
            }
        }
    }
}
