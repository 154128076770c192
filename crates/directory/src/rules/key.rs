//! Create, edit, rotate and delete API keys.

use crate::account::View;
use crate::change::Change;
use crate::command::NewKey;
use crate::decision::Decision;
use crate::limits::KEYS_MAX;
use crate::refusal::Refusal;
use crate::value::{ApiKey, KeyId, KeyName, KeyScope, Profile};

pub(super) fn create(view: &View<'_>, new: &NewKey) -> Result<Decision, Refusal> {
    let NewKey { name, scope, sha256, created_us, expires_us } = new.clone();
    let key = ApiKey { id: next_id(view), name, scope, sha256, created_us, expires_us };
    Ok(vec![create_within_limit(view, key)?].into())
}

#[allow(clippy::option_option, reason = "as it was, never, or at a time: as in the command")]
pub(super) fn edit(
    view: &View<'_>,
    id: KeyId,
    name: Option<&KeyName>,
    expires_us: Option<Option<i64>>,
) -> Result<Decision, Refusal> {
    let before = find(view, id)?;
    let after = ApiKey {
        name: name.unwrap_or(&before.name).clone(),
        expires_us: expires_us.unwrap_or(before.expires_us),
        ..before.clone()
    };
    if after == *before {
        return Ok(Decision::default());
    }
    Ok(vec![Change::Key { id, before: Some(before.clone()), after: Some(after) }].into())
}

/// The old key remains valid until `old_expires_us`, but not beyond its own expiry. It is deleted if
/// that is in the past. Nothing changes if the key already has the new hash.
pub(super) fn rotate(
    view: &View<'_>,
    id: KeyId,
    sha256: [u8; 32],
    now_us: i64,
    old_expires_us: i64,
) -> Result<Decision, Refusal> {
    if id == KeyId::MAIN {
        return rotate_main(view, sha256, now_us, old_expires_us);
    }
    let before = find(view, id)?;
    if before.sha256 == sha256 {
        return Ok(Decision::default());
    }
    let expires_us = new_expires_us(before, now_us);
    let new =
        ApiKey { id: next_id(view), sha256, created_us: now_us, expires_us, ..before.clone() };
    let old_expires_us = before.expires_us.map_or(old_expires_us, |own| own.min(old_expires_us));
    let old = (old_expires_us > now_us)
        .then(|| ApiKey { expires_us: Some(old_expires_us), ..before.clone() });
    // A key that replaces another one does not count against the limit.
    let new = if old.is_some() { create_within_limit(view, new)? } else { insert(new) };
    let mut changes = vec![new];
    if old.as_ref() != Some(before) {
        changes.push(Change::Key { id, before: Some(before.clone()), after: old });
    }
    Ok(changes.into())
}

/// The new key gets the expiry of the old key. If that is in the past, the new key lasts as long as
/// the old key did: otherwise it would be useless, or never expire.
fn new_expires_us(old: &ApiKey, now_us: i64) -> Option<i64> {
    let expires_us = old.expires_us?;
    if expires_us > now_us {
        return Some(expires_us);
    }
    let lasted_us = expires_us.saturating_sub(old.created_us).max(1);
    Some(now_us.saturating_add(lasted_us))
}

/// The old main key becomes a named key for the overlap.
fn rotate_main(
    view: &View<'_>,
    sha256: [u8; 32],
    now_us: i64,
    old_expires_us: i64,
) -> Result<Decision, Refusal> {
    let before = view.profile().clone();
    if before.api_key_sha256 == sha256 {
        return Ok(Decision::default());
    }
    let after = Profile { api_key_sha256: sha256, ..before.clone() };
    let mut changes = Vec::new();
    if old_expires_us > now_us {
        let name = KeyName::parse("the account's own key until it was rotated");
        let old = ApiKey {
            id: next_id(view),
            name: name.expect("it is a name"),
            scope: KeyScope::Full,
            sha256: before.api_key_sha256,
            created_us: now_us,
            expires_us: Some(old_expires_us),
        };
        changes.push(create_within_limit(view, old)?);
    }
    changes.push(Change::Profile { before, after });
    Ok(changes.into())
}

pub(super) fn delete(view: &View<'_>, id: KeyId) -> Result<Decision, Refusal> {
    let before = find(view, id)?.clone();
    Ok(vec![Change::Key { id, before: Some(before), after: None }].into())
}

fn find<'v>(view: &'v View<'_>, id: KeyId) -> Result<&'v ApiKey, Refusal> {
    if id == KeyId::MAIN {
        return Err(Refusal::MainKey);
    }
    view.keys().get(id).ok_or(Refusal::NoSuchKey(id))
}

/// The version after the change that makes the key.
fn next_id(view: &View<'_>) -> KeyId {
    KeyId(view.counters().version + 1)
}

fn create_within_limit(view: &View<'_>, key: ApiKey) -> Result<Change, Refusal> {
    if view.keys().len() >= KEYS_MAX {
        return Err(Refusal::TooManyKeys(KEYS_MAX));
    }
    Ok(insert(key))
}

fn insert(key: ApiKey) -> Change {
    Change::Key { id: key.id, before: None, after: Some(key) }
}
