//! The history of an account: read, waited for, looked back through, taken back.

mod past;
mod revert;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use directory::{Assignment, Past, SkillId, SkillName};
use tokio::time::{Instant, timeout_at};

use super::{Failure, Service, Tenant};
use crate::store::{self, ChangesAsked, Direction, HistoryOf, HistoryRow, StoreError};

pub use revert::Reverts;

/// A change in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoricChange {
    /// Who, when, in which request, and what kind of change.
    pub row: HistoryRow,
    /// What it did.
    pub past: Past,
}

/// A page of the history.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The changes.
    pub changes: Vec<HistoricChange>,
    /// The names of the skills that these changes are about, as far as any is known: the one it
    /// has, or the last one that it had.
    pub skill_names: HashMap<SkillId, SkillName>,
    /// Where the next page begins, if there may be one.
    pub next: Option<u64>,
}

impl HistoricChange {
    fn read(row: HistoryRow) -> Result<Self, Failure> {
        let past = store::past(row.kind, row.subject_id, &row.delta)
            .map_err(|fault| StoreError::Damaged(format!("change {}: {fault}", row.version)))?;
        Ok(Self { row, past })
    }

    /// The assignments that it lost and got.
    pub fn assignments(&self) -> impl Iterator<Item = &Assignment> {
        let (lost, got): (&[_], &[_]) = match &self.past {
            Past::Phone { lost, got, .. } => (lost, got),
            _ => (&[], &[]),
        };
        lost.iter().chain(got)
    }
}

impl Service {
    /// A page of the history.
    pub async fn history(&self, tenant: &Tenant, asked: &ChangesAsked) -> Result<History, Failure> {
        let (changes, next, _) = self.read_history(tenant, asked).await?;
        Ok(History { skill_names: self.skill_names(tenant, &changes).await?, changes, next })
    }

    /// The changes after a version, oldest first. If there is none yet, waits for one for so
    /// long. Each change comes once and in its order, whichever node it was made on.
    pub async fn changes_after(
        &self,
        tenant: &Tenant,
        after: u64,
        rows_max: usize,
        wait: Duration,
    ) -> Result<History, Failure> {
        let until = Instant::now() + wait;
        let mut announced = tenant.0.versions();
        self.current(tenant).await?;
        let asked = ChangesAsked {
            of: HistoryOf::Account,
            above: after,
            below: None,
            direction: Direction::OldestFirst,
            rows_max,
        };
        loop {
            let version = *announced.borrow_and_update();
            if after > version {
                return Err(Failure::CursorAhead { newest: version });
            }
            if after < version {
                let (changes, next, oldest) = self.read_history(tenant, &asked).await?;
                let first = changes.first().map_or(oldest, |change| Some(change.row.version));
                if first != Some(after + 1) {
                    return Err(Failure::Pruned { oldest });
                }
                let skill_names = self.skill_names(tenant, &changes).await?;
                return Ok(History { changes, skill_names, next });
            }
            if timeout_at(until, announced.changed()).await.is_err() {
                return Ok(History::default());
            }
            if tenant.0.is_gone() {
                return Err(directory::Refusal::NoSuchAccount.into());
            }
        }
    }

    /// The version of the account as committed now.
    pub async fn version(&self, tenant: &Tenant) -> Result<u64, Failure> {
        self.current(tenant).await?;
        Ok(tenant.0.version())
    }

    /// Rows of the history, where the next page begins, and the oldest version that is kept.
    async fn read_history(
        &self,
        tenant: &Tenant,
        asked: &ChangesAsked,
    ) -> Result<(Vec<HistoricChange>, Option<u64>, Option<u64>), Failure> {
        let (id, asked) = (tenant.id(), asked.clone());
        let page = self.ask(move |store| store.changes(id, &asked)).await?;
        let changes = page.rows.into_iter().map(HistoricChange::read).collect::<Result<_, _>>()?;
        Ok((changes, page.next, page.oldest))
    }

    /// The names of the skills that changes are about. Of one that was deleted, the change that
    /// deleted it tells the last one.
    async fn skill_names(
        &self,
        tenant: &Tenant,
        changes: &[HistoricChange],
    ) -> Result<HashMap<SkillId, SkillName>, Failure> {
        let ids: HashSet<SkillId> = changes
            .iter()
            .flat_map(|change| change.assignments().map(|assignment| assignment.skill()))
            .collect();
        let mut names = HashMap::new();
        let mut gone = Vec::new();
        {
            let account = tenant.0.account();
            for id in ids {
                match account.skills.name(id) {
                    Some(name) => drop(names.insert(id, name.clone())),
                    None => gone.push(id),
                }
            }
        }
        for id in gone {
            let asked = ChangesAsked {
                of: HistoryOf::Skill(id),
                above: 0,
                below: None,
                direction: Direction::NewestFirst,
                rows_max: 1,
            };
            let (last, ..) = self.read_history(tenant, &asked).await?;
            if let Some(HistoricChange { past: Past::Skill { name, .. }, .. }) = last.first()
                && let Some(name) = name.before.clone().or_else(|| name.after.clone())
            {
                names.insert(id, name);
            }
        }
        Ok(names)
    }
}
