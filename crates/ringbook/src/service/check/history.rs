//! Compares the rows of an account with its history.
//!
//! From the newest change on, each is undone: what it left must be what is there. So the newest
//! change of anything is compared with its row, and each older one with the change after it.

use std::collections::{HashMap, HashSet};

use directory::{
    Account, ApiKey, Change, Delta, KeyId, KeyName, KeyScope, Kind, Phone, PhoneId, Profile, Skills,
};

use crate::store::{self, ChangeQuery, HistoryOf, Store, StoreError};

const PAGE_ROWS: usize = 10_000;

/// Compares the rows of an account with its history, as far as it is kept. A finding names what does
/// not fit and the change that left it otherwise; of one phone, skill or key there is one at most.
pub fn check(
    store: &dyn Store,
    account: &Account,
    findings: &mut Vec<String>,
) -> Result<(), StoreError> {
    let mut find =
        |what: String| findings.push(format!("account {}: {what}", account.profile.user_name));
    let mut then = Then::new(account);
    // Later changes are not in the account.
    let mut version = account.counters.version;
    let mut is_whole = true;
    let below = Some(version + 1);
    let mut query = ChangeQuery { below, ..ChangeQuery::newest(HistoryOf::Account, PAGE_ROWS) };
    loop {
        let page = store.changes(account.id, &query)?;
        for row in page.rows {
            if row.version < version {
                find(format!("change {version} is missing in the history"));
                (version, is_whole) = (row.version, false);
            }
            match store::past(row.kind, row.subject_id, &row.delta) {
                Ok(past) => then.undo(version, &past).into_iter().for_each(&mut find),
                Err(fault) => {
                    find(format!("change {version}: {fault}"));
                    is_whole = false;
                }
            }
            version = version.saturating_sub(1);
        }
        match page.next {
            Some(next) => query.below = Some(next),
            None => break,
        }
    }
    if is_whole && version == 0 {
        then.left().into_iter().for_each(find);
    }
    Ok(())
}

/// An account at the time before the changes that were undone.
struct Then<'a> {
    account: &'a Account,
    /// The phones that these changed.
    phones: HashMap<PhoneId, Option<Phone>>,
    /// The same of keys: name, scope and expiry.
    keys: HashMap<KeyId, Option<(KeyName, KeyScope, Option<i64>)>>,
    skills: Skills,
    profile: Profile,
    /// What does not fit its history. Its older changes are not compared.
    misfits: HashSet<String>,
}

impl<'a> Then<'a> {
    fn new(account: &'a Account) -> Self {
        Self {
            account,
            phones: HashMap::new(),
            keys: HashMap::new(),
            skills: account.skills.clone(),
            profile: account.profile.clone(),
            misfits: HashSet::new(),
        }
    }

    /// Undoes the change of a version. Returns what does not fit it.
    fn undo(&mut self, version: u64, past: &Delta) -> Vec<String> {
        let (subject, undone) = match past {
            Delta::Phone { id, .. } => (self.name_of(*id), self.undo_other(past)),
            Delta::Skill { id, .. } => (format!("skill {}", id.0), self.undo_other(past)),
            Delta::Profile { .. } => ("the settings".to_owned(), self.undo_other(past)),
            Delta::Key { id, .. } => (format!("API key {}", id.0), self.undo_key(past)),
            Delta::Other(_) => return Vec::new(),
        };
        let mut found: Vec<_> = undone.err().map(|why| (subject, why)).into_iter().collect();
        if let Delta::Phone { skill_names, .. } = past {
            let other = skill_names.iter().filter(|(id, name)| self.skills.name(*id) != Some(name));
            let why = |name| format!("it was not named \"{name}\" then");
            found.extend(other.map(|(id, name)| (format!("skill {}", id.0), why(name))));
        }
        found.retain(|(subject, _)| self.misfits.insert(subject.clone()));
        let text = |(subject, why)| format!("{subject}: not as change {version} left it: {why}");
        found.into_iter().map(text).collect()
    }

    /// What is left when all changes are undone.
    fn left(&self) -> Vec<String> {
        let phones = self.account.phones.iter().filter(|(id, _)| !self.phones.contains_key(id));
        let phones = phones.map(|(id, _)| self.name_of(id));
        let skills = self.skills.iter().map(|(_, id)| format!("skill {}", id.0));
        let left = phones.chain(skills).filter(|subject| !self.misfits.contains(subject));
        left.map(|subject| format!("{subject}: in no change of the history")).collect()
    }

    fn name_of(&self, id: PhoneId) -> String {
        match self.account.phones.get(id) {
            Some(phone) => format!("phone {} (p{})", phone.number, id.0),
            None => format!("phone p{}", id.0),
        }
    }

    fn undo_other(&mut self, past: &Delta) -> Result<(), String> {
        let phone = match past {
            Delta::Phone { id, .. } => {
                self.phones.get(id).map_or_else(|| self.account.phones.get(*id), Option::as_ref)
            }
            _ => None,
        };
        match past.undo_in(phone, &self.skills, &self.profile) {
            Ok(Change::Phone { id, after, .. }) => drop(self.phones.insert(id, after)),
            Ok(Change::Skill { id, after: Some(name), .. }) => self.skills.set(id, name),
            Ok(Change::Skill { id, after: None, .. }) => self.skills.remove(id),
            Ok(Change::Profile { after, .. }) => self.profile = after,
            Ok(_) => {}
            Err(mismatch) => return Err(mismatch.to_string()),
        }
        Ok(())
    }

    fn undo_key(&mut self, past: &Delta) -> Result<(), String> {
        let Delta::Key { id, kind, name, scope, expires_us } = past else { return Ok(()) };
        let of_key = |key: &ApiKey| (key.name.clone(), key.scope, key.expires_us);
        let stored = || self.account.keys.get(*id).map(of_key);
        let now = self.keys.entry(*id).or_insert_with(stored);
        let (name_now, scope_now, expires_now) = match now.clone() {
            Some((name, scope, expires_us)) => (Some(name), Some(scope), expires_us),
            None => (None, None, None),
        };
        let is_as_left = (name_now.is_some() || *kind == Kind::DeleteKey)
            && name.as_ref().is_none_or(|name| name.after == name_now)
            && scope.as_ref().is_none_or(|scope| scope.after == scope_now)
            && expires_us.as_ref().is_none_or(|expires_us| expires_us.after == expires_now);
        if !is_as_left {
            return Err("its name, scope or expiry is another, or it is gone".to_owned());
        }
        let name = name.as_ref().map_or(name_now, |name| name.before.clone());
        let scope = scope.as_ref().map_or(scope_now, |scope| scope.before);
        let expires_us = expires_us.as_ref().map_or(expires_now, |expires_us| expires_us.before);
        *now = name.zip(scope).map(|(name, scope)| (name, scope, expires_us));
        Ok(())
    }
}
