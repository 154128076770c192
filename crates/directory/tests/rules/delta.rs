//! Changes as the history keeps them.

use super::*;
use directory::account::Skills;
use directory::delta::{Delta, FieldChange, RecordedChange};
use directory::routing::changed;

/// The values of a field before and after a change, if they differ.
fn field_change<T, V: PartialEq>(
    both: [Option<&T>; 2],
    field: impl Fn(&T) -> Option<V>,
) -> Option<FieldChange<V>> {
    let [before, after] = both.map(|one| one.and_then(&field));
    (before != after).then_some(FieldChange { before, after })
}

/// A change as the history keeps it, with the skills just before it.
pub(super) fn delta_of(change: &Change, skills: &Skills) -> Delta {
    let kind = change.kind();
    match change {
        Change::Phone { id, before, after } => {
            let both = [before.as_ref(), after.as_ref()];
            let [old, new] = both.map(|phone| {
                phone.into_iter().flat_map(|phone| phone.skills.iter()).collect::<Vec<_>>()
            });
            Delta::Phone {
                id: *id,
                kind,
                number: field_change(both, |phone| Some(phone.number)),
                name: field_change(both, |phone| Some(phone.name.clone())),
                lost: old.iter().filter(|one| !new.contains(one)).copied().collect(),
                got: new.iter().filter(|one| !old.contains(one)).copied().collect(),
                skill_names: change.skill_names(skills),
            }
        }
        Change::Skill { id, before, after } => {
            let (before, after) = (before.clone(), after.clone());
            Delta::Skill { id: *id, name: FieldChange { before, after } }
        }
        Change::Profile { before, after } => {
            let both = [Some(before), Some(after)];
            Delta::Profile {
                api_authentication: field_change(both, |one| Some(one.api_authentication)),
                phone_number_limit: field_change(both, |one| Some(one.phone_number_limit)),
                is_key_changed: before.api_key_sha256 != after.api_key_sha256,
            }
        }
        Change::Key { id, before, after } => {
            let both = [before.as_ref(), after.as_ref()];
            Delta::Key {
                id: *id,
                kind,
                name: field_change(both, |key| Some(key.name.clone())),
                scope: field_change(both, |key| Some(key.scope)),
                expires_us: field_change(both, |key| key.expires_us),
            }
        }
        Change::Routing { subject, before, after } => {
            let sides = |key: &_| FieldChange {
                before: before.get(key).cloned(),
                after: after.get(key).cloned(),
            };
            Delta::Routing {
                subject: *subject,
                settings: changed([before, after])
                    .into_iter()
                    .map(|key| (key, sides(&key)))
                    .collect(),
                skill_names: change.skill_names(skills),
            }
        }
        Change::Token { .. } | Change::AccountDeleted(_) => Delta::Other(kind),
    }
}

/// Applies decided changes. Returns them as the history keeps them, newest first.
pub(super) fn apply_all(account: &mut Account, changes: &[Change]) -> Vec<RecordedChange> {
    let mut done = Vec::new();
    for change in changes {
        let delta = delta_of(change, &account.skills);
        apply(account, change);
        done.insert(0, RecordedChange { version: account.counters.version, delta });
    }
    done
}
