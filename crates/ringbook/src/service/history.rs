//! The history of an account: read, waited for, looked back through, taken back.

mod explain;
mod obstacle;
mod past;
mod revert;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use directory::{Assignment, Past, PhoneId, SkillId, SkillName};
use tokio::time::{Instant, timeout_at};

use super::{Failure, Service, Tenant};
use crate::store::{self, ChangesAsked, Direction, HistoryOf, HistoryRow, StoreError};

pub use explain::{Event, RingExplanation, RingReason};
pub use revert::Reverts;

/// Pages that are looked through for the changes of one phone or skill. A store looks at some
/// 100 000 changes for each.
const LOOKS_MAX: usize = 10;

/// Rows of such a page.
const FOUND_MAX: usize = 100;

/// The same where all of an account is looked through: what is looked at is on the page.
const LOOKED_AT_ROWS: usize = 1_000;

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
    /// On the last page, if there was more before it that is no longer kept: the oldest change
    /// that is.
    pub oldest: Option<u64>,
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
    /// A page of the history. Who reads on where nothing is kept any more is told so.
    pub async fn history(&self, tenant: &Tenant, asked: &ChangesAsked) -> Result<History, Failure> {
        let (changes, next, oldest) = self.read_history(tenant, asked).await?;
        let oldest = oldest.filter(|oldest| *oldest > 1);
        if let (Some(below), Some(first)) = (asked.below, oldest)
            && below <= first
        {
            return Err(Failure::Pruned { oldest });
        }
        let page = self.named(tenant, changes, next).await?;
        Ok(History { oldest: oldest.filter(|_| next.is_none()), ..page })
    }

    /// Refuses the id of a phone that there never was.
    pub async fn check_phone_id(&self, tenant: &Tenant, id: PhoneId) -> Result<(), Failure> {
        self.current(tenant).await?;
        let next = tenant.0.account().counters.next_phone_id;
        if (1..next).contains(&id.0) {
            return Ok(());
        }
        Err(directory::Refusal::NoSuchPhone(id).into())
    }

    /// One change of the history.
    pub async fn history_of_change(
        &self,
        tenant: &Tenant,
        version: u64,
    ) -> Result<History, Failure> {
        let change = self.change(tenant, version).await?;
        self.named(tenant, vec![change], None).await
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
        // A reader may come from a node that knows more than the memory here does.
        self.current(tenant).await?;
        loop {
            // Noted before the version is looked at, so that none comes in between unseen.
            announced.mark_unchanged();
            // Not what was announced, which follows the memory a moment later.
            let version = tenant.0.version();
            if tenant.0.is_gone() {
                return Err(directory::Refusal::NoSuchAccount.into());
            }
            match after.cmp(&version) {
                Ordering::Less => return self.changes_from(tenant, after, rows_max).await,
                Ordering::Equal => {}
                Ordering::Greater => return Err(Failure::CursorAhead { newest: version }),
            }
            if timeout_at(until, announced.changed()).await.is_err() {
                return Ok(History::default());
            }
        }
    }

    /// The changes after a version that memory is beyond: there are some.
    async fn changes_from(
        &self,
        tenant: &Tenant,
        after: u64,
        rows_max: usize,
    ) -> Result<History, Failure> {
        let (of, direction) = (HistoryOf::Account, Direction::OldestFirst);
        let asked = ChangesAsked { of, above: after, below: None, direction, rows_max };
        let (changes, next, oldest) = self.read_history(tenant, &asked).await?;
        match changes.first() {
            Some(first) if first.row.version == after + 1 => {}
            None if oldest.is_some_and(|oldest| oldest <= after + 1) => {
                // A moment later it is known here as well, and the cursor is ahead.
                let why = "the store was restored to an earlier state";
                return Err(Failure::Unavailable(why.into()));
            }
            _ => return Err(Failure::Pruned { oldest }),
        }
        self.named(tenant, changes, next).await
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

    /// A page with the names of the skills on it.
    async fn named(
        &self,
        tenant: &Tenant,
        changes: Vec<HistoricChange>,
        next: Option<u64>,
    ) -> Result<History, Failure> {
        let skill_names = self.skill_names(tenant, &changes).await?;
        Ok(History { changes, skill_names, next, oldest: None })
    }

    /// The names of the skills that changes are about.
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
            if let Some(name) = self.last_name(tenant, id).await? {
                names.insert(id, name);
            }
        }
        Ok(names)
    }

    /// The last name of a skill that was deleted, if the change that did so is kept.
    async fn last_name(&self, tenant: &Tenant, id: SkillId) -> Result<Option<SkillName>, Failure> {
        let last = self.find_changes(tenant, HistoryOf::Skill(id), 0, 1, |_| true).await?;
        Ok(match last.into_iter().next() {
            Some(HistoricChange { past: Past::Skill { name, .. }, .. }) => {
                name.after.or(name.before)
            }
            _ => None,
        })
    }

    /// The newest changes above a version that are of a certain sort, newest first. It gives up
    /// after a while, with those that it has found.
    async fn find_changes(
        &self,
        tenant: &Tenant,
        of: HistoryOf,
        above: u64,
        rows_max: usize,
        is_asked: impl Fn(&HistoricChange) -> bool,
    ) -> Result<Vec<HistoricChange>, Failure> {
        let direction = Direction::NewestFirst;
        let page_rows = if of == HistoryOf::Account { LOOKED_AT_ROWS } else { FOUND_MAX };
        let mut asked = ChangesAsked { of, above, below: None, direction, rows_max: page_rows };
        let mut found = Vec::new();
        for _ in 0..LOOKS_MAX {
            let (changes, next, _) = self.read_history(tenant, &asked).await?;
            found.extend(changes.into_iter().filter(|change| is_asked(change)));
            asked.below = next;
            if found.len() >= rows_max || next.is_none() {
                break;
            }
        }
        found.truncate(rows_max);
        Ok(found)
    }
}
