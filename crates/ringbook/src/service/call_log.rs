//! The last calls to PhoneManageV2, in the memory of this node: whoever writes a client sees what it
//! sent, and why it was refused. This module must not know HTTP, nor what a key looks like: whoever
//! records a call has taken the keys out of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use directory::{AccountId, PhoneId};

use super::cache::CachedAccount;
use super::{Failure, Service, Tenant};
use crate::store::RequestId;

/// Most calls of an account.
const ACCOUNT_CALLS_MAX: usize = 1_000;

/// Most bytes of all calls.
const BYTES_MAX: usize = 8 << 20;

/// What a call takes beside its texts.
const CALL_BYTES: usize = 320;

/// A call, without its keys.
#[derive(Debug, Clone)]
pub struct Call {
    /// When it was answered, microseconds UTC. No two calls have the same time.
    pub at_us: i64,
    /// Its id.
    pub id: RequestId,
    /// What it wanted to do, if that is an action.
    pub action: Option<CallAction>,
    /// How it ended.
    pub outcome: CallOutcome,
    /// The HTTP status.
    pub status: u16,
    /// Why it was refused, as the caller was told.
    pub reason: Option<String>,
    /// The phone that has the number or the name that the call wanted.
    pub phone: Option<PhoneId>,
    /// How long it took, in microseconds.
    pub time_us: u64,
    /// The body.
    pub request: Box<str>,
    /// The body of the answer.
    pub reply: Cow<'static, str>,
}

/// The name of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallAction(pub &'static str);

impl CallAction {
    /// All actions.
    pub const ALL: [Self; 4] = [Self("create"), Self("edit"), Self("delete"), Self("get")];

    /// The name of this action.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// All of it was done.
    Done,
    /// The phone was saved, and its skills stayed as they were.
    SkillsNotSaved,
    /// Nothing was done, for a reason that the caller can do something about.
    Refused,
    /// The store did not answer.
    Failed,
}

impl CallOutcome {
    /// All outcomes.
    pub const ALL: [Self; 4] = [Self::Done, Self::SkillsNotSaved, Self::Refused, Self::Failed];

    /// The name of this outcome.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::SkillsNotSaved => "skills_not_saved",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Which calls are wanted: those to which all of it applies.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallQuery {
    /// Those that ended so.
    pub outcome: Option<CallOutcome>,
    /// Those of this action.
    pub action: Option<CallAction>,
    /// The one with this id.
    pub id: Option<RequestId>,
    /// Those from this time on, microseconds UTC.
    pub since_us: i64,
    /// Those before this time.
    pub below_us: Option<i64>,
    /// How many at most.
    pub calls_max: usize,
}

/// The calls of all accounts in memory.
#[derive(Default)]
pub struct CallLog(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// By their times.
    calls: BTreeMap<i64, (AccountId, Arc<Call>)>,
    /// The times of the calls of each account, oldest first.
    times: HashMap<AccountId, VecDeque<i64>>,
    bytes: usize,
}

impl Call {
    fn bytes(&self) -> usize {
        let reply = if let Cow::Owned(reply) = &self.reply { reply.len() } else { 0 };
        CALL_BYTES + self.request.len() + self.reason.as_ref().map_or(0, String::len) + reply
    }
}

impl CallLog {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a call of this account, and drops the oldest ones that are too many.
    fn record(&self, cached: &CachedAccount, mut call: Call) {
        let mut kept = self.lock();
        // Whoever deletes it forgets its calls after that.
        if cached.is_deleted() {
            return;
        }
        let newest = kept.calls.last_key_value().map_or(0, |(at_us, _)| *at_us);
        call.at_us = call.at_us.max(newest + 1);
        kept.bytes += call.bytes();
        let times = kept.times.entry(cached.id).or_default();
        times.push_back(call.at_us);
        if times.len() > ACCOUNT_CALLS_MAX {
            kept.drop_oldest(cached.id);
        }
        kept.calls.insert(call.at_us, (cached.id, Arc::new(call)));
        while kept.bytes > BYTES_MAX
            && let Some((_, (account, _))) = kept.calls.first_key_value()
        {
            let account = *account;
            kept.drop_oldest(account);
        }
    }

    /// Forgets the calls of an account.
    pub fn forget(&self, account: AccountId) {
        let mut kept = self.lock();
        while kept.drop_oldest(account) {}
    }

    /// Newest first.
    fn find(&self, account: AccountId, query: &CallQuery) -> Vec<Arc<Call>> {
        let kept = self.lock();
        let times = kept.times.get(&account).into_iter().flatten().rev();
        let calls = times.filter_map(|at_us| kept.calls.get(at_us)).map(|(_, call)| call);
        calls.filter(|call| query.wants(call)).take(query.calls_max).cloned().collect()
    }
}

impl Kept {
    /// Returns whether there was one.
    fn drop_oldest(&mut self, account: AccountId) -> bool {
        let Some(times) = self.times.get_mut(&account) else { return false };
        let oldest = times.pop_front();
        if times.is_empty() {
            self.times.remove(&account);
        }
        if let Some((_, call)) = oldest.and_then(|at_us| self.calls.remove(&at_us)) {
            self.bytes -= call.bytes();
        }
        true
    }
}

impl CallQuery {
    fn wants(&self, call: &Call) -> bool {
        self.outcome.is_none_or(|outcome| call.outcome == outcome)
            && self.action.is_none_or(|action| call.action == Some(action))
            && self.id.is_none_or(|id| call.id == id)
            && call.at_us >= self.since_us
            && self.below_us.is_none_or(|below_us| call.at_us < below_us)
    }
}

impl Service {
    /// Whether calls are recorded.
    pub fn records_calls(&self) -> bool {
        self.core.options.records_calls
    }

    /// Records a call that names this account, whether or not its key was right. Calls of accounts that
    /// are not in memory are not kept: nobody has called with a right key.
    pub fn record_call(&self, user_name: &str, call: Call) {
        if let Some(cached) = self.core.cache.get(user_name) {
            self.core.cache.calls.record(&cached, call);
        }
    }

    /// The last calls of an account to this node, newest first.
    pub async fn calls(
        &self,
        tenant: &Tenant,
        query: &CallQuery,
    ) -> Result<Vec<Arc<Call>>, Failure> {
        self.refresh(tenant).await?;
        Ok(self.core.cache.calls.find(tenant.id(), query))
    }
}

#[cfg(test)]
mod tests {
    use directory::{Account, Counters, Profile, UserName};

    use super::*;
    use crate::service::cache::AccountCache;

    fn call(id: u64, outcome: CallOutcome, request: &str) -> Call {
        Call {
            at_us: 0,
            id: RequestId(id),
            action: Some(CallAction("get")),
            outcome,
            status: 200,
            reason: None,
            phone: None,
            time_us: 1,
            request: request.into(),
            reply: Cow::Borrowed(""),
        }
    }

    fn ids(log: &CallLog, account: u32, query: &CallQuery) -> Vec<u64> {
        log.find(AccountId(account), query).iter().map(|call| call.id.0).collect()
    }

    #[test]
    fn keeps_the_newest_calls_of_each_account_and_of_all_within_bounds() {
        let accounts = AccountCache::default();
        let account = |id, name| {
            let profile = Profile::new(UserName::parse(name).unwrap(), [0; 32]);
            accounts.insert(Account::new(AccountId(id), profile, Counters::NEW))
        };
        let (quiet, busy, log) = (account(1, "quiet"), account(2, "busy"), &accounts.calls);
        let all = CallQuery { calls_max: usize::MAX, ..CallQuery::default() };
        log.record(&quiet, call(7, CallOutcome::Refused, "a"));
        for id in 0..1_500 {
            log.record(&busy, call(id, CallOutcome::Done, "b"));
        }
        assert_eq!(ids(log, 2, &all), (500..1_500).rev().collect::<Vec<_>>());
        assert_eq!(ids(log, 1, &all), [7], "another account's calls took its place");
        // Times differ, so that a page goes on where the one before ended.
        let third = log.find(AccountId(2), &all)[2].at_us;
        let query = CallQuery { below_us: Some(third), calls_max: 2, ..CallQuery::default() };
        assert_eq!(ids(log, 2, &query), [1_496, 1_495]);
        let query = CallQuery { since_us: third + 1, ..all };
        assert_eq!(ids(log, 2, &query), [1_499, 1_498]);
        // Large ones take the place of the oldest, whosever these are.
        for id in 0..8 {
            log.record(&quiet, call(id, CallOutcome::Done, &"c".repeat(1 << 20)));
        }
        assert_eq!(ids(log, 1, &all), (1..8).rev().collect::<Vec<_>>());
        assert_eq!(ids(log, 2, &all), [0; 0]);
        assert!(log.lock().bytes <= BYTES_MAX);
        // Nothing is left of what is deleted or dropped from memory.
        accounts.forget(&quiet);
        accounts.remove(&busy);
        log.record(&busy, call(9, CallOutcome::Done, "late"));
        let kept = log.lock();
        assert_eq!((kept.calls.len(), kept.times.len(), kept.bytes), (0, 0, 0));
    }
}
