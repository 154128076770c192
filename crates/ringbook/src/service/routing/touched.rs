//! The ring lists that a change may have touched.

use std::collections::HashSet;

use directory::routing::Subject;
use directory::{Account, Assignment, Change, Phone, PhoneId, SkillId};

use crate::store::StampedChange;

/// The skills whose lists may be others; none if all may be.
pub type Touched = Option<HashSet<SkillId>>;

/// Those that these changes of the account touch, which has not changed yet.
pub fn touched_by(changes: &[StampedChange], account: &Account) -> Touched {
    let mut skills = HashSet::new();
    for StampedChange { change, .. } in changes {
        match change {
            Change::Phone { before, after, .. } => {
                skills.extend(before.iter().chain(after).flat_map(skills_of));
            }
            Change::Skill { id, .. } | Change::Routing { subject: Subject::Skill(id), .. } => {
                skills.insert(*id);
            }
            Change::Routing { subject: Subject::Phone(id), .. } => {
                skills.extend(account.phones.get(*id).into_iter().flat_map(skills_of));
            }
            Change::Routing { subject: Subject::Account, .. } | Change::AccountDeleted(_) => {
                return None;
            }
            Change::Profile { .. } | Change::Key { .. } | Change::Token { .. } => {}
        }
    }
    Some(skills)
}

/// Those of phones that are replaced by these.
pub fn touched_by_phones(
    phones: &[(PhoneId, Option<(Phone, u64)>)],
    account: &Account,
) -> HashSet<SkillId> {
    let now = phones.iter().filter_map(|(_, phone)| phone.as_ref().map(|(phone, _)| phone));
    let before = phones.iter().filter_map(|(id, _)| account.phones.get(*id));
    now.chain(before).flat_map(skills_of).collect()
}

fn skills_of(phone: &Phone) -> impl Iterator<Item = SkillId> {
    phone.skills.iter().map(Assignment::skill)
}
