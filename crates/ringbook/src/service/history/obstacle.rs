//! The changes that prevent a revert. This module must not know how they are described.

use std::collections::HashSet;

use directory::routing::Subject;
use directory::{Account, BlockedChange, Delta, Kind, Mismatch, Obstacle, Refusal, SkillId};

use super::{HistoricChange, History};
use crate::service::{Failure, Service, Tenant};
use crate::store::HistoryOf;

/// A search: whose changes, those that touched what is asked for, and how many of the newest ones are
/// found. Only one is, where that one alone has led to the current state.
type Search = (HistoryOf, Touched, usize);

type Touched = Box<dyn Fn(&HistoricChange) -> bool + Send + Sync>;

fn touched(matches: impl Fn(&HistoricChange) -> bool + Send + Sync + 'static) -> Touched {
    Box::new(matches)
}

/// Those of this kind.
fn existence(kind: Kind) -> Touched {
    touched(move |change| change.row.kind == kind)
}

fn of_number() -> Touched {
    touched(|change| matches!(change.past, Delta::Phone { number: Some(_), .. }))
}

fn of_name() -> Touched {
    touched(|change| matches!(change.past, Delta::Phone { name: Some(_), .. }))
}

fn of_skill() -> Touched {
    touched(|change| matches!(change.past, Delta::Skill { .. }))
}

/// Those that changed whether or where the phone has one of these skills; any skill, if the list is
/// empty.
fn skills(skills: Vec<SkillId>) -> Touched {
    touched(move |change| {
        change.assignments().any(|held| skills.is_empty() || skills.contains(&held.skill()))
    })
}

/// Those by which the phone got a skill that it did not have.
fn got(skill: SkillId) -> Touched {
    touched(move |change| {
        let Delta::Phone { lost, got, .. } = &change.past else { return false };
        let [lost, got] = [lost, got].map(|held| held.iter().any(|held| held.skill() == skill));
        got && !lost
    })
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
                touched(change) && !reverted.contains(&change.row.version)
            };
            let found = self.search_changes(tenant, of, above, rows_max, matches).await?;
            let is_found = !found.is_empty();
            changes.extend(found);
            // Phones that were created within an earlier limit are not to blame.
            if is_found && matches!(why, Obstacle::Refused(Refusal::LimitExceeded { .. })) {
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
        if let Obstacle::Changed(Mismatch::PhoneSkills(id, _)) = why {
            let change = self.change(tenant, version).await?;
            // A created phone had no skill before, so any skill counts.
            let touched = match change.row.kind {
                Kind::CreatePhone => Vec::new(),
                _ => change.assignments().map(|held| held.skill()).collect(),
            };
            return Ok(vec![(HistoryOf::Phone(*id), skills(touched), rows_max)]);
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
        Obstacle::Changed(Mismatch::Phone(id, exists)) => {
            let kind = if *exists { Kind::CreatePhone } else { Kind::DeletePhone };
            vec![(HistoryOf::Phone(*id), existence(kind), 1)]
        }
        Obstacle::Changed(Mismatch::PhoneField { id, field, .. }) => {
            let touched = if *field == "number" { of_number() } else { of_name() };
            vec![(HistoryOf::Phone(*id), touched, rows_max)]
        }
        Obstacle::Changed(Mismatch::PhoneSkills(id, _)) => {
            vec![(HistoryOf::Phone(*id), skills(Vec::new()), rows_max)]
        }
        Obstacle::Changed(Mismatch::Skill(id, _)) => {
            vec![(HistoryOf::Skill(*id), of_skill(), rows_max)]
        }
        Obstacle::Changed(Mismatch::SkillBack(id, _)) => {
            vec![(HistoryOf::Skill(*id), existence(Kind::CreateSkill), 1)]
        }
        Obstacle::Changed(Mismatch::Setting { .. }) => {
            let authentication = touched(|change| {
                matches!(change.past, Delta::Profile { api_authentication: Some(_), .. })
            });
            vec![(HistoryOf::Account, authentication, rows_max)]
        }
        Obstacle::Changed(Mismatch::Routing { subject, key, .. }) => {
            let of = match subject {
                Subject::Account => HistoryOf::Account,
                Subject::Skill(id) => HistoryOf::Skill(*id),
                Subject::Phone(id) => HistoryOf::Phone(*id),
            };
            let (subject, key) = (*subject, *key);
            let setting = touched(move |change| match &change.past {
                Delta::Routing { subject: of, settings, .. } => {
                    *of == subject && settings.iter().any(|(changed, _)| *changed == key)
                }
                _ => false,
            });
            vec![(of, setting, rows_max)]
        }
        Obstacle::Refused(Refusal::NumberTaken { number, .. }) => {
            of_phone(account.phones.by_number(*number), of_number())
        }
        Obstacle::Refused(Refusal::NameTaken { name, .. }) => {
            of_phone(account.phones.by_name(name.as_str()), of_name())
        }
        Obstacle::Refused(Refusal::LimitExceeded { .. }) => {
            let limit = touched(|change| {
                matches!(change.past, Delta::Profile { phone_number_limit: Some(_), .. })
            });
            let created = existence(Kind::CreatePhone);
            vec![(HistoryOf::Account, limit, 1), (HistoryOf::Account, created, rows_max)]
        }
        Obstacle::SkillGone { id, .. } => {
            vec![(HistoryOf::Skill(*id), existence(Kind::DeleteSkill), 1)]
        }
        Obstacle::SkillAssigned { id, .. } => {
            let last = account.phones.ring(*id).rev().take(rows_max);
            last.map(|(phone, _)| (HistoryOf::Phone(phone), got(*id), 1)).collect()
        }
        Obstacle::SkillNameTaken(name) => {
            let found = account.skills.find(name.as_str());
            found.map(|id| (HistoryOf::Skill(id), of_skill(), 1)).into_iter().collect()
        }
        Obstacle::PositionTaken { skill, phone, .. } => {
            vec![(HistoryOf::Phone(*phone), skills(vec![*skill]), 1)]
        }
        Obstacle::Changed(Mismatch::NotRecorded(_)) | Obstacle::Refused(_) => Vec::new(),
    }
}
