//! The changes that prevent a revert. This module must not know how they are described.

use directory::{Account, Delta, Kind, Mismatch, Obstacle, Refusal, SkillId};

use super::{HistoricChange, History};
use crate::service::{Failure, Service, Tenant};
use crate::store::HistoryOf;

/// A search for the changes of one phone, one skill or the account that touched something.
struct Search {
    of: HistoryOf,
    touched: Touched,
    /// Whether only the newest such change has led to the current state.
    is_newest_only: bool,
}

/// What a change touched.
enum Touched {
    Anything,
    Number,
    Name,
    /// Whether or where the phone has one of these skills; any skill, if the list is empty.
    Skills(Vec<SkillId>),
    /// That the phone got the skill.
    Got(SkillId),
    Authentication,
    Limit,
    Existence(Kind),
}

impl Touched {
    fn is_by(&self, change: &HistoricChange) -> bool {
        match (self, &change.past) {
            (Self::Anything, _) => true,
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
            (Self::Limit, Delta::Profile { phone_number_limit, .. }) => {
                phone_number_limit.is_some()
            }
            _ => false,
        }
    }
}

impl Service {
    /// The changes that prevent reverting `version` for the reason `why`: newest first, at most
    /// `rows_max`.
    pub async fn obstructing_changes(
        &self,
        tenant: &Tenant,
        version: u64,
        why: &Obstacle,
        rows_max: usize,
    ) -> Result<History, Failure> {
        // The other phone may have been moved just before, in the same request.
        let above = if matches!(why, Obstacle::PositionTaken { .. }) { 0 } else { version };
        let mut all = Vec::new();
        for search in self.searches(tenant, version, why, rows_max).await? {
            let rows_max = if search.is_newest_only { 1 } else { rows_max };
            let matches = |change: &HistoricChange| search.touched.is_by(change);
            let found = self.search_changes(tenant, search.of, above, rows_max, matches).await?;
            let is_limit_found = matches!(search.touched, Touched::Limit) && !found.is_empty();
            all.extend(found);
            // Phones that were created within an earlier limit are not to blame.
            if is_limit_found {
                break;
            }
        }
        all.sort_unstable_by_key(|change| std::cmp::Reverse(change.row.version));
        all.dedup_by_key(|change| change.row.version);
        all.truncate(rows_max);
        self.with_skill_names(tenant, History { changes: all, ..History::default() }).await
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
            let skills = match change.row.kind {
                Kind::CreatePhone => Vec::new(),
                _ => change.assignments().map(|held| held.skill()).collect(),
            };
            return Ok(vec![all(HistoryOf::Phone(*id), Touched::Skills(skills))]);
        }
        Ok(searches_by_state(&tenant.0.read(), why, rows_max))
    }
}

fn all(of: HistoryOf, touched: Touched) -> Search {
    Search { of, touched, is_newest_only: false }
}

fn newest(of: HistoryOf, touched: Touched) -> Search {
    Search { of, touched, is_newest_only: true }
}

/// The searches, in their order, by the current state of the account.
fn searches_by_state(account: &Account, why: &Obstacle, rows_max: usize) -> Vec<Search> {
    let of_phone = |found: Option<(directory::PhoneId, _)>, touched| {
        found.map(|(id, _)| newest(HistoryOf::Phone(id), touched)).into_iter().collect()
    };
    match why {
        Obstacle::Changed(Mismatch::Phone(id, exists)) => {
            let kind = if *exists { Kind::CreatePhone } else { Kind::DeletePhone };
            vec![newest(HistoryOf::Phone(*id), Touched::Existence(kind))]
        }
        Obstacle::Changed(Mismatch::PhoneField { id, field, .. }) => {
            let touched = if *field == "number" { Touched::Number } else { Touched::Name };
            vec![all(HistoryOf::Phone(*id), touched)]
        }
        Obstacle::Changed(Mismatch::PhoneSkills(id, _)) => {
            vec![all(HistoryOf::Phone(*id), Touched::Skills(Vec::new()))]
        }
        Obstacle::Changed(Mismatch::Skill(id, _)) => {
            vec![all(HistoryOf::Skill(*id), Touched::Anything)]
        }
        Obstacle::Changed(Mismatch::SkillBack(id, _)) => {
            vec![newest(HistoryOf::Skill(*id), Touched::Existence(Kind::CreateSkill))]
        }
        Obstacle::Changed(Mismatch::Setting { .. }) => {
            vec![all(HistoryOf::Account, Touched::Authentication)]
        }
        Obstacle::Refused(Refusal::NumberTaken { number, .. }) => {
            of_phone(account.phones.by_number(*number), Touched::Number)
        }
        Obstacle::Refused(Refusal::NameTaken { name, .. }) => {
            of_phone(account.phones.by_name(name.as_str()), Touched::Name)
        }
        Obstacle::Refused(Refusal::LimitExceeded { .. }) => vec![
            newest(HistoryOf::Account, Touched::Limit),
            all(HistoryOf::Account, Touched::Existence(Kind::CreatePhone)),
        ],
        Obstacle::SkillGone { id, .. } => {
            vec![newest(HistoryOf::Skill(*id), Touched::Existence(Kind::DeleteSkill))]
        }
        Obstacle::SkillAssigned { id, .. } => {
            let ring = account.ring_order(*id);
            let last = ring.iter().rev().take(rows_max);
            last.map(|(phone, _)| newest(HistoryOf::Phone(*phone), Touched::Got(*id))).collect()
        }
        Obstacle::SkillNameTaken(name) => {
            let found = account.skills.find(name.as_str());
            found.map(|id| newest(HistoryOf::Skill(id), Touched::Anything)).into_iter().collect()
        }
        Obstacle::PositionTaken { skill, phone, .. } => {
            vec![newest(HistoryOf::Phone(*phone), Touched::Skills(vec![*skill]))]
        }
        Obstacle::Changed(Mismatch::NotRecorded(_)) | Obstacle::Refused(_) => Vec::new(),
    }
}
