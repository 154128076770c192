//! Compares the rows of an account with its history.
//!
//! From the newest change on, each is undone: what it left must be what is there. So the newest
//! change of anything is compared with its row, and each older one with the change after it.

use std::collections::HashSet;
use std::ops::ControlFlow;

use directory::{Account, ApiKey, ApiKeys, ChangeId, Delta, Kind, PhoneId, View};

use crate::service::history::walk_back;
use crate::store::{self, HistoryOf, Store, StoreError};

/// Compares the rows of an account with its history, as far as it is kept. A finding names what does
/// not fit and the change that left it otherwise; of one phone, skill or key there is one at most.
pub fn check(
    store: &dyn Store,
    account: &Account,
    findings: &mut Vec<String>,
) -> Result<(), StoreError> {
    let mut find =
        |what: String| findings.push(format!("account {}: {what}", account.profile.user_name));
    let mut then = Then { stored: account, account: account.clone(), misfits: HashSet::new() };
    // Later changes are not in the account.
    let mut version = account.counters.version;
    let mut is_whole = true;
    let walked = walk_back(store, account.id, HistoryOf::Account, version, |row| {
        if row.version < version {
            find(format!("{} is missing in the history", ChangeId(version)));
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
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    if is_whole && walked == ControlFlow::Continue(Some(1)) {
        then.left().into_iter().for_each(find);
    }
    Ok(())
}

/// An account at the time before the changes that were undone.
struct Then<'a> {
    /// As it is stored.
    stored: &'a Account,
    /// As it was then.
    account: Account,
    /// What does not fit its history. Its older changes are not compared.
    misfits: HashSet<String>,
}

impl Then<'_> {
    /// Undoes the change of a version. Returns what does not fit it.
    fn undo(&mut self, version: u64, past: &Delta) -> Vec<String> {
        let subject = match past {
            Delta::Phone { id, .. } => self.name_of(*id),
            Delta::Skill { id, .. } => format!("skill {id}"),
            Delta::Profile { .. } => "the settings".to_owned(),
            Delta::Routing { subject, .. } => format!("routing settings of {subject}"),
            Delta::Key { id, .. } => format!("API key {id}"),
            Delta::Erasure { .. } | Delta::Other(_) => return Vec::new(),
        };
        // What was undone already has another version than its row.
        let [row, now] = [self.stored, &self.account].map(|account| version_of(account, past));
        let undone = match past {
            Delta::Key { .. } => undo_key(&mut self.account.keys, past),
            past => past
                .undo(&View::new(&self.account))
                .map(|undone| self.account.apply(undone))
                .map_err(|mismatch| mismatch.to_string()),
        };
        let other_version = row.filter(|row| Some(*row) == now && *row != version);
        let other_version = other_version.map(|row| format!("its version is {row}"));
        let found = undone.err().or(other_version).map(|why| (subject, why));
        let mut found: Vec<_> = found.into_iter().collect();
        if let Delta::Phone { skill_names, .. } | Delta::Routing { skill_names, .. } = past {
            let skills = &self.account.skills;
            let other = skill_names.iter().filter(|(id, name)| skills.name(**id) != Some(*name));
            let why = |name| format!("it was not named \"{name}\" then");
            found.extend(other.map(|(id, name)| (format!("skill {id}"), why(name))));
        }
        found.retain(|(subject, _)| self.misfits.insert(subject.clone()));
        let change = ChangeId(version);
        let text = |(subject, why)| format!("{subject}: not as {change} left it: {why}");
        found.into_iter().map(text).collect()
    }

    /// What is left when all changes are undone.
    fn left(&self) -> Vec<String> {
        let phones = self.account.phones.iter().map(|(id, _)| self.name_of(id));
        let skills = self.account.skills.iter().map(|(_, id)| format!("skill {id}"));
        let routing = self.account.routing.iter();
        let routing = routing.map(|(subject, ..)| format!("routing settings of {subject}"));
        let left = phones.chain(skills).chain(routing);
        let left = left.filter(|subject| !self.misfits.contains(subject));
        left.map(|subject| format!("{subject}: no change of the history created it")).collect()
    }

    fn name_of(&self, id: PhoneId) -> String {
        match self.stored.phones.get(id) {
            Some(phone) => format!("phone {} ({id})", phone.number),
            None => format!("phone {id}"),
        }
    }
}

/// The version of what a change is about, if that is there and has one.
fn version_of(account: &Account, past: &Delta) -> Option<u64> {
    match past {
        Delta::Phone { id, .. } => account.phones.version(*id),
        Delta::Skill { id, .. } => account.skills.name(*id).map(|_| account.skills.version(*id)),
        Delta::Profile { .. } => Some(account.counters.settings_version),
        Delta::Routing { subject, .. } => {
            Some(account.routing.version(*subject)).filter(|version| *version > 0)
        }
        Delta::Key { .. } | Delta::Erasure { .. } | Delta::Other(_) => None,
    }
}

/// Undoes the change of a key, but for its hash and the time of its creation.
fn undo_key(keys: &mut ApiKeys, past: &Delta) -> Result<(), String> {
    let Delta::Key { id, kind, name, scope, expires_us } = past else { return Ok(()) };
    let now = keys.get(*id);
    let name_now = now.map(|key| key.name.clone());
    let scope_now = now.map(|key| key.scope);
    let expires_now = now.and_then(|key| key.expires_us);
    let is_as_left = (now.is_some() || *kind == Kind::DeleteKey)
        && name.as_ref().is_none_or(|name| name.after == name_now)
        && scope.as_ref().is_none_or(|scope| scope.after == scope_now)
        && expires_us.as_ref().is_none_or(|expires_us| expires_us.after == expires_now);
    if !is_as_left {
        return Err("its name, scope or expiry is another, or it is gone".to_owned());
    }
    let name = name.as_ref().map_or(name_now, |name| name.before.clone());
    let scope = scope.as_ref().map_or(scope_now, |scope| scope.before);
    let expires_us = expires_us.as_ref().map_or(expires_now, |expires_us| expires_us.before);
    let key =
        |(name, scope)| ApiKey { id: *id, name, scope, sha256: [0; 32], created_us: 0, expires_us };
    keys.set(*id, name.zip(scope).map(key));
    Ok(())
}
