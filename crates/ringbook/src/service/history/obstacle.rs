//! The changes that prevent a revert. This module must not know how they are described.

use std::collections::HashSet;

use directory::routing::{Key, Subject};
use directory::{Account, BlockedChange, Delta, Kind, Obstacle, Refusal, SkillId};

use super::{HistoricChange, History};
use crate::service::{Failure, Service, Tenant};
use crate::store::HistoryOf;

/// A search: whose changes, what they touched, and how many of the newest ones are found. Only one
/// is, where that one alone has led to the current state.
type Search = (HistoryOf, Touched, usize);

enum Touched {
    Skill,
    Number,
    Name,
    /// Whether or where the phone has one of these skills; any skill, if the list is empty.
    Skills(Vec<SkillId>),
    Got(SkillId),
    Authentication,
    Limit,
    Setting(Subject, Key),
    Existence(Kind),
}

impl Touched {
    fn is_by(&self, change: &HistoricChange) -> bool {
        match (self, &change.past) {
            (Self::Skill, Delta::Skill { .. }) => true,
            (Self::Existence(kind), _) => change.row.kind == *kind,
            (Self::Number, Delta::Phone { number, .. }) => number.is_some(),
            (Self::Name, Delta::Phone { name, .. }) => name.is_some(),
            (Self::Skills(skills), Delta::Phone { .. }) => {
                change.assignments().any(|held| skills.is_empty() || skills.contains(&held.skill()))
            }
            (Self::Got(skill), Delta::Phone { lost, got, .. }) => {
                let is_it = |held: &directory::Assignment| held.skill() == *skill;
                got.iter().any(is_it) && !lost.iter().any(is_it)
            }
            (Self::Authentication, Delta::Profile { api_authentication, .. }) => {
                api_authentication.is_some()
            }
            (Self::Setting(subject, key), Delta::Routing { subject: of, settings, .. }) => {
                of == subject && settings.iter().any(|(changed, _)| changed == key)
            }
            (Self::Limit, Delta::Profile { phone_number_limit, .. }) => {
                phone_number_limit.is_some()
            }
            _ => false,
        }
    }
}

impl Service {
    /// The changes that prevent a revert of `reverted`, of which these are blocked: newest first, at
    /// most `rows_max`.
    pub async fn obstructing_changes(
        &self,
        tenant: &Tenant,
        blocked: &[BlockedChange],
        reverted: &HashSet<u64>,
        rows_max: usize,
    ) -> Result<History, Failure> {
        let mut changes = Vec::new();
        for change in blocked {
            changes.extend(self.obstructing(tenant, change, reverted, rows_max).await?);
        }
        changes.sort_unstable_by_key(|change| std::cmp::Reverse(change.row.version));
        changes.dedup_by_key(|change| change.row.version);
        changes.truncate(rows_max);
        Ok(History { changes, ..History::default() })
    }

    async fn obstructing(
        &self,
        tenant: &Tenant,
        BlockedChange { version, why }: &BlockedChange,
        reverted: &HashSet<u64>,
        rows_max: usize,
    ) -> Result<Vec<HistoricChange>, Failure> {
        // The other phone may have been moved just before, in the same request.
        let above = if matches!(why, Obstacle::PositionTaken { .. }) { 0 } else { *version };
        let mut changes = Vec::new();
        for (of, touched, rows_max) in self.searches(tenant, *version, why, rows_max).await? {
            let matches = |change: &HistoricChange| {
                touched.is_by(change) && !reverted.contains(&change.row.version)
            };
            let found = self.search_changes(tenant, of, above, rows_max, matches).await?;
            let is_limit_found = matches!(touched, Touched::Limit) && !found.is_empty();
            changes.extend(found);
            // Phones that were created within an earlier limit are not to blame.
            if is_limit_found {
                break;
            }
        }
        Ok(changes)
    }

    async fn searches(
        &self,
        tenant: &Tenant,
        version: u64,
        why: &Obstacle,
        rows_max: usize,
    ) -> Result<Vec<Search>, Failure> {
        if let Obstacle::PhoneSkills(id, _) = why {
            let change = self.change(tenant, version).await?;
            // A created phone had no skill before, so any skill counts.
            let skills = match change.row.kind {
                Kind::CreatePhone => Vec::new(),
                _ => change.assignments().map(|held| held.skill()).collect(),
            };
            return Ok(vec![(HistoryOf::Phone(*id), Touched::Skills(skills), rows_max)]);
        }
        Ok(searches_by_state(&tenant.0.read(), why, rows_max))
    }
}

/// The searches, in their order, by the current state of the account.
fn searches_by_state(account: &Account, why: &Obstacle, rows_max: usize) -> Vec<Search> {
    let of_phone = |found: Option<(directory::PhoneId, _)>, touched| {
        found.map(|(id, _)| (HistoryOf::Phone(id), touched, 1)).into_iter().collect()
    };
    match why {
        Obstacle::Phone(id, exists) => {
            let kind = if *exists { Kind::CreatePhone } else { Kind::DeletePhone };
            vec![(HistoryOf::Phone(*id), Touched::Existence(kind), 1)]
        }
        Obstacle::PhoneField(id, field, _) => {
            let touched = if *field == "number" { Touched::Number } else { Touched::Name };
            vec![(HistoryOf::Phone(*id), touched, rows_max)]
        }
        Obstacle::PhoneSkills(id, _) => {
            vec![(HistoryOf::Phone(*id), Touched::Skills(Vec::new()), rows_max)]
        }
        Obstacle::Skill(id, _) => {
            vec![(HistoryOf::Skill(*id), Touched::Skill, rows_max)]
        }
        Obstacle::SkillBack(id, _) => {
            vec![(HistoryOf::Skill(*id), Touched::Existence(Kind::CreateSkill), 1)]
        }
        Obstacle::Setting(..) => {
            vec![(HistoryOf::Account, Touched::Authentication, rows_max)]
        }
        Obstacle::Routing { subject, key, .. } => {
            let of = match subject {
                Subject::Account => HistoryOf::Account,
                Subject::Skill(id) => HistoryOf::Skill(*id),
                Subject::Phone(id) => HistoryOf::Phone(*id),
            };
            vec![(of, Touched::Setting(*subject, *key), rows_max)]
        }
        Obstacle::Refused(Refusal::NumberTaken { number, .. }) => {
            of_phone(account.phones.by_number(*number), Touched::Number)
        }
        Obstacle::Refused(Refusal::NameTaken { name, .. }) => {
            of_phone(account.phones.by_name(name.as_str()), Touched::Name)
        }
        Obstacle::Refused(Refusal::LimitExceeded { .. }) => vec![
            (HistoryOf::Account, Touched::Limit, 1),
            (HistoryOf::Account, Touched::Existence(Kind::CreatePhone), rows_max),
        ],
        Obstacle::SkillGone { id, .. } => {
            vec![(HistoryOf::Skill(*id), Touched::Existence(Kind::DeleteSkill), 1)]
        }
        Obstacle::SkillAssigned { id, .. } => {
            let last = account.phones.ring(*id).rev().take(rows_max);
            last.map(|(phone, _)| (HistoryOf::Phone(phone), Touched::Got(*id), 1)).collect()
        }
        Obstacle::SkillNameTaken(name) => {
            let found = account.skills.find(name.as_str());
            found.map(|id| (HistoryOf::Skill(id), Touched::Skill, 1)).into_iter().collect()
        }
        Obstacle::PositionTaken { skill, phone, .. } => {
            vec![(HistoryOf::Phone(*phone), Touched::Skills(vec![*skill]), 1)]
        }
        Obstacle::NotRecorded(_) | Obstacle::Refused(_) => Vec::new(),
    }
}
