//! Past changes, as the history returns them.

use super::*;
use crate::past::{Past, PastChange, Sides};

/// The two values of a field, if they differ.
fn sides<T, V: PartialEq>(
    before: &Option<T>,
    after: &Option<T>,
    field: impl Fn(&T) -> Option<V>,
) -> Option<Sides<V>> {
    let [before, after] = [before, after].map(|one| one.as_ref().and_then(&field));
    (before != after).then_some(Sides { before, after })
}

/// A change as the history keeps it.
pub(super) fn past_of(change: &Change) -> Past {
    let kind = change.kind();
    match change.clone() {
        Change::Phone { id, before, after } => {
            let [old, new] = [&before, &after].map(|phone| {
                let skills = phone.iter().flat_map(|phone| phone.skills.iter());
                skills.collect::<Vec<_>>()
            });
            Past::Phone {
                id,
                kind,
                number: sides(&before, &after, |phone| Some(phone.number)),
                name: sides(&before, &after, |phone| Some(phone.name.clone())),
                lost: old.iter().filter(|one| !new.contains(one)).copied().collect(),
                got: new.iter().filter(|one| !old.contains(one)).copied().collect(),
            }
        }
        Change::Skill { id, before, after } => Past::Skill { id, name: Sides { before, after } },
        Change::Profile { before, after } => {
            let [before, after] = [Some(before), Some(after)];
            Past::Profile {
                api_authentication: sides(&before, &after, |one| Some(one.api_authentication)),
                phone_number_limit: sides(&before, &after, |one| Some(one.phone_number_limit)),
                is_key_changed: sides(&before, &after, |one| Some(one.api_key_sha256)).is_some(),
            }
        }
        Change::Key { id, before, after } => Past::Key {
            id,
            kind,
            name: sides(&before, &after, |key| Some(key.name.clone())),
            scope: sides(&before, &after, |key| Some(key.scope)),
            expires_us: sides(&before, &after, |key| key.expires_us),
        },
        Change::Token { .. } | Change::AccountDeleted => Past::Other(kind),
    }
}

/// Applies decided changes. Returns them as the history keeps them, newest first.
pub(super) fn apply_all(account: &mut Account, changes: &[Change]) -> Vec<PastChange> {
    let mut done = Vec::new();
    for change in changes {
        apply(account, change);
        done.insert(0, PastChange { version: account.counters.version, past: past_of(change) });
    }
    done
}
