//! Past changes, as the history returns them, and their reverts.

use super::commands::revert_command;
use super::*;
use crate::past::{Past, PastChange, Sides};

/// A change as the history keeps it.
pub(super) fn past_of(change: &Change) -> Past {
    fn sides<T: PartialEq>(before: Option<T>, after: Option<T>) -> Option<Sides<T>> {
        (before != after).then_some(Sides { before, after })
    }
    let kind = change.kind();
    match change.clone() {
        Change::Phone { id, before, after } => {
            let [old, new] = [&before, &after].map(|phone| {
                let skills = phone.iter().flat_map(|phone| phone.skills.iter());
                skills.collect::<Vec<_>>()
            });
            let [old_phone, new_phone] = [before, after];
            Past::Phone {
                id,
                kind,
                number: sides(
                    old_phone.as_ref().map(|phone| phone.number),
                    new_phone.as_ref().map(|phone| phone.number),
                ),
                name: sides(old_phone.map(|phone| phone.name), new_phone.map(|phone| phone.name)),
                lost: old.iter().filter(|one| !new.contains(one)).copied().collect(),
                got: new.iter().filter(|one| !old.contains(one)).copied().collect(),
            }
        }
        Change::Skill { id, before, after } => Past::Skill { id, name: Sides { before, after } },
        Change::Profile { before, after } => Past::Profile {
            api_authentication: sides(
                Some(before.api_authentication),
                Some(after.api_authentication),
            ),
            phone_number_limit: sides(
                Some(before.phone_number_limit),
                Some(after.phone_number_limit),
            ),
            is_key_changed: before.api_key_sha256 != after.api_key_sha256,
        },
        Change::Key { id, before, after } => {
            let [old, new] = [before, after];
            Past::Key {
                id,
                kind,
                name: sides(
                    old.as_ref().map(|key| key.name.clone()),
                    new.as_ref().map(|key| key.name.clone()),
                ),
                scope: sides(old.as_ref().map(|key| key.scope), new.as_ref().map(|key| key.scope)),
                expires_us: sides(
                    old.and_then(|key| key.expires_us),
                    new.and_then(|key| key.expires_us),
                ),
            }
        }
        Change::Token { .. } | Change::AccountDeleted => Past::Other(kind),
    }
}

/// Executes a command. Returns its changes, newest first.
pub(super) fn carry_out(account: &mut Account, command: &Command) -> Vec<PastChange> {
    let mut done = Vec::new();
    for change in decide(&mut View::new(account), command).unwrap().changes {
        let past = past_of(&change);
        apply(account, &change);
        done.insert(0, PastChange { version: account.counters.version, past });
    }
    done
}

/// Executes the commands and then reverts some of them in the given order. Checks the outcome of
/// the revert.
#[track_caller]
pub(super) fn check_revert(state: &str, commands: &[Command], which: &[usize], outcome: &str) {
    let mut account = account(state);
    let done: Vec<_> = commands.iter().map(|command| carry_out(&mut account, command)).collect();
    let changes = which.iter().flat_map(|index| done[*index].clone()).collect();
    let revert = revert_command(changes);
    let (found, _) = outcome_of(&account, &mut View::new(&account), &revert);
    assert_eq!(lines(&found).collect::<Vec<_>>(), lines(outcome).collect::<Vec<_>>());
}
