//! What holds of taking back for every sequence of commands.

use proptest::prelude::*;
use proptest::sample::Index;

use super::commands::taking_back;
use super::past::past_of;
use super::revert_places::assert_no_two_share_a_place;
use super::steps::{Step, revertible_steps, run};
use super::*;
use crate::past::{Mismatch, PastChange};
use crate::value::{Assignment, SkillSet};

/// A change that happened, and the account before it.
struct Happened {
    before: Account,
    change: Change,
    /// Whether its command began with it. In the middle of one, two phones may share a place.
    is_first: bool,
}

impl Happened {
    fn past(&self) -> PastChange {
        PastChange { version: self.before.counters.version + 1, past: past_of(&self.change) }
    }

    /// A phone that was deleted while there were more than the limit allows now cannot come
    /// back: nothing may leave more than the limit.
    fn is_over_the_limit(&self, now: &Account) -> bool {
        let limit = now.profile.phone_number_limit as usize;
        self.change.kind() == Kind::DeletePhone && self.before.phones.len() > limit
    }

    /// Whether it set the limit, which is never taken back.
    fn is_of_limit(&self) -> bool {
        matches!(&self.change, Change::Profile { before, after }
            if before.phone_number_limit != after.phone_number_limit)
    }
}

/// All that happens in these steps, oldest first, and the account after it.
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

/// All of an account but its counters, and what taking back leaves alone.
fn content(account: &Account) -> Content {
    let phones = account.phones.iter().map(|(id, phone)| (id, phone.clone())).collect();
    let skills = account.skills.iter().map(|(name, id)| (name.clone(), id)).collect();
    (phones, skills, account.profile.clone())
}

/// Decides a revert in a view of its own and in the middle of a batch, and carries it out. What
/// it did is told newest first.
fn revert(account: &mut Account, changes: Vec<PastChange>) -> Result<Vec<PastChange>, Refusal> {
    let mut view = View::new(account);
    let changes = decide(&mut view, &taking_back(changes))?.changes;
    let (mut after, mut done) = (account.clone(), Vec::new());
    for change in &changes {
        apply(&mut after, change);
        done.insert(0, PastChange { version: after.counters.version, past: past_of(change) });
    }
    assert_eq!(seen(&view), seen(&View::new(&after)), "staged and applied are the same");
    assert_no_two_share_a_place(&after);
    *account = after;
    Ok(done)
}

/// Why a change alone cannot be taken back, by both sides of it as they were, field by field: the
/// names of all reasons. Otherwise what the phone would be.
fn reasons(account: &Account, change: &Change) -> (Vec<&'static str>, Option<Phone>) {
    match change {
        Change::Phone { id, before, after } => {
            reasons_of_phone(account, *id, before.as_ref(), after.as_ref())
        }
        Change::Skill { id, before, after } => {
            let mut told = Vec::new();
            if account.skills.name(*id) != after.as_ref() {
                told.push("Skill");
            } else if let Some(before) = before {
                if account.skills.find(before.as_str()).is_some() {
                    told.push("SkillNameTaken");
                }
            } else if account.phones.iter().any(|(_, phone)| phone.skills.contains(*id)) {
                told.push("SkillAssigned");
            }
            (told, None)
        }
        Change::Profile { before, after } => {
            let now = &account.profile;
            let auth = before.api_authentication != after.api_authentication
                && now.api_authentication != after.api_authentication;
            (if auth { vec!["Setting"] } else { Vec::new() }, None)
        }
        other => panic!("{other:?} is not revertible"),
    }
}

fn reasons_of_phone(
    account: &Account,
    id: PhoneId,
    before: Option<&Phone>,
    after: Option<&Phone>,
) -> (Vec<&'static str>, Option<Phone>) {
    let now = account.phones.get(id);
    let target = match (before, after, now) {
        (_, Some(_), None) | (_, None, Some(_)) => return (vec!["Phone"], None),
        (before, None, None) => before.cloned(),
        (None, Some(after), Some(now)) => {
            return if after == now {
                (Vec::new(), None)
            } else if (after.number, &after.name) == (now.number, &now.name) {
                (vec!["PhoneSkills"], None)
            } else {
                // The skills may differ as well.
                (vec!["PhoneField", "PhoneSkills"], None)
            };
        }
        (Some(before), Some(after), Some(now)) => {
            let mut told = Vec::new();
            let mut target = now.clone();
            if before.number != after.number {
                told.extend((now.number != after.number).then_some("PhoneField"));
                target.number = before.number;
            }
            if before.name != after.name {
                told.extend((now.name != after.name).then_some("PhoneField"));
                target.name = before.name.clone();
            }
            let mut skills: Vec<Assignment> = now.skills.iter().collect();
            for skill in (0..100).map(SkillId) {
                let [was, became] = [before, after].map(|phone| phone.skills.get(skill));
                if was != became {
                    told.extend((now.skills.get(skill) != became).then_some("PhoneSkills"));
                    skills.retain(|held| held.skill() != skill);
                    skills.extend(was);
                }
            }
            target.skills = skills.into_iter().collect::<SkillSet>();
            if !told.is_empty() {
                return (told, None);
            }
            Some(target)
        }
    };
    let target = target.expect("a change has two sides");
    let mut told = Vec::new();
    for (_, other) in account.phones.iter().filter(|(other, _)| *other != id) {
        told.extend((other.number == target.number).then_some("NumberTaken"));
        told.extend((other.name.folded() == target.name.folded()).then_some("NameTaken"));
    }
    if now.is_none() && account.phones.len() >= account.profile.phone_number_limit as usize {
        told.push("LimitExceeded");
    }
    if target.skills.iter().any(|held| account.skills.name(held.skill()).is_none()) {
        told.push("SkillGone");
    }
    let others = || account.phones.iter().filter(|(other, _)| *other != id);
    let is_taken = |place: &Assignment| {
        others().any(|(_, other)| other.skills.get(place.skill()) == Some(*place))
    };
    let is_moved = |place: &Assignment| {
        let had = now.and_then(|now| now.skills.get(place.skill()));
        had.is_some_and(|had| had != *place)
    };
    if target.skills.iter().any(|place| is_moved(&place) && is_taken(&place)) {
        told.push("PlaceTaken");
    }
    (told, Some(target))
}

/// The reason that a refusal tells, by its name.
fn told(refusal: &Refusal) -> &'static str {
    let Refusal::Blocked { why, .. } = refusal else { panic!("{refusal:?}") };
    match &**why {
        Obstacle::Changed(Mismatch::Phone(..)) => "Phone",
        Obstacle::Changed(Mismatch::PhoneField { .. }) => "PhoneField",
        Obstacle::Changed(Mismatch::PhoneSkills(..)) => "PhoneSkills",
        Obstacle::Changed(Mismatch::Skill(..) | Mismatch::SkillBack(..)) => "Skill",
        Obstacle::Changed(Mismatch::Setting { .. }) => "Setting",
        Obstacle::Refused(Refusal::NumberTaken { .. }) => "NumberTaken",
        Obstacle::Refused(Refusal::NameTaken { .. }) => "NameTaken",
        Obstacle::Refused(Refusal::LimitExceeded { .. }) => "LimitExceeded",
        Obstacle::SkillGone { .. } => "SkillGone",
        Obstacle::SkillAssigned { .. } => "SkillAssigned",
        Obstacle::SkillNameTaken(_) => "SkillNameTaken",
        Obstacle::PlaceTaken { .. } => "PlaceTaken",
        other => panic!("{other:?}"),
    }
}

proptest! {
    /// What the newest commands did, however many, taken back newest first, leads to the account
    /// that was before them but for its limit, and that taken back to the one after them.
    #[test]
    fn the_newest_changes_taken_back_lead_to_what_was(
        steps in revertible_steps(),
        count in any::<Index>(),
    ) {
        let (all, now) = happen(steps);
        let some = count.index(all.len());
        let begin = all[..=some].iter().rposition(|one| one.is_first).unwrap();
        let newest: Vec<_> = all[begin..].iter().filter(|one| !one.is_of_limit()).collect();
        let mut account = now.clone();
        let changes = newest.iter().rev().map(|one| one.past()).collect();
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
                    // What was created within the limit of then may be above the one of now.
                    Err(refusal) => {
                        prop_assert_eq!(told(&refusal), "LimitExceeded");
                        let limit = now.profile.phone_number_limit as usize;
                        prop_assert!(newest.iter().any(|one| one.before.phones.len() >= limit));
                    }
                }
            }
            Err(refusal) => {
                prop_assert_eq!(told(&refusal), "LimitExceeded");
                let blocked = newest.iter().rev().find(|one| one.is_over_the_limit(&now)).unwrap();
                let Refusal::Blocked { version, .. } = refusal else { unreachable!() };
                prop_assert_eq!(version, blocked.past().version);
            }
        }
    }

    /// Each change by itself, however long ago: it is taken back and all else stays, or refused
    /// for a reason that there is.
    #[test]
    fn any_change_is_taken_back_alone_or_refused_for_a_reason(steps in revertible_steps()) {
        let (all, now) = happen(steps);
        for one in &all {
            let mut account = now.clone();
            if one.is_of_limit() {
                let refused = revert(&mut account, vec![one.past()]);
                prop_assert_eq!(refused, Err(Refusal::LimitNotRevertible));
                continue;
            }
            let (reasons, target) = reasons(&now, &one.change);
            match revert(&mut account, vec![one.past()]) {
                Err(refusal) => {
                    prop_assert!(reasons.contains(&told(&refusal)), "{refusal}: {reasons:?}");
                }
                Ok(done) => {
                    prop_assert!(reasons.is_empty(), "{reasons:?}: {:?}", one.change);
                    if let Change::Phone { id, .. } = one.change {
                        prop_assert_eq!(account.phones.get(id), target.as_ref());
                    }
                    if let Change::Skill { id, before, .. } = &one.change {
                        prop_assert_eq!(account.skills.name(*id), before.as_ref());
                    }
                    prop_assert_eq!(done.len(), 1);
                    match revert(&mut account, done) {
                        Ok(_) => prop_assert_eq!(content(&account), content(&now)),
                        // What was created within the limit may be above it by now.
                        Err(refusal) => {
                            prop_assert_eq!(told(&refusal), "LimitExceeded");
                            let limit = now.profile.phone_number_limit as usize;
                            prop_assert!(now.phones.len() > limit);
                        }
                    }
                }
            }
        }
    }
}
