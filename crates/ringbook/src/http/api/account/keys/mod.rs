//! `/v1/account/keys`: the account's own API key, which is the one with the id `k0`, and others.
//!
//! Only keys of the scope `full` may see and change them.

pub mod item;
pub mod list;
pub mod rotate;

use directory::{ApiKey, Change, KeyId, KeyScope, Refusal};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::choice::choice_schema;
use crate::http::api::field::{TimeUs, Whole};
use crate::http::api::prelude::*;
use crate::service::clock::{DAY_US, time_text};
use crate::service::{KeyUse, Outcome};

/// An API key; what it is for, never the key itself
#[derive(Debug, Serialize, ToSchema)]
pub struct Key {
    /// Names the key for good; `k0` is the account's own one
    #[schema(example = "k7")]
    id: String,
    /// What it is for
    #[schema(example = "Kamailio, rack 2")]
    name: String,
    /// What it is good for: `full` is everything, PhoneManageV2 included
    #[schema(value_type = Scope)]
    scope: &'static str,
    /// When it was made; not known of the account's own key
    #[schema(format = "date-time", required)]
    created_at: Option<String>,
    /// From when on it is no longer valid; `null` if it does not expire
    #[schema(format = "date-time", required)]
    expires_at: Option<String>,
    /// When it was used last, to the minute; `null` if it was not used yet
    #[schema(format = "date-time", required)]
    last_used_at: Option<String>,
    /// Whether its time is over
    is_expired: bool,
}

choice_schema! {
    /// What a key is good for: `full` is everything, PhoneManageV2 included, `read` is reading,
    /// `routing` is asking which phones ring for a skill, and pausing phones
    pub Scope for KeyScope = KeyScope::ALL
}

impl Key {
    /// The key as it is at a time; none is the account's own key.
    fn new(key: Option<&ApiKey>, used_us: Option<i64>, now_us: i64) -> Self {
        Self {
            id: key.map_or(KeyId::MAIN, |key| key.id).to_string(),
            name: key.map_or(KeyUse::MAIN_NAME, |key| key.name.as_str()).to_owned(),
            scope: key.map_or(KeyScope::Full, |key| key.scope).as_str(),
            created_at: key.map(|key| time_text(key.created_us)),
            expires_at: key.and_then(|key| key.expires_us).map(time_text),
            last_used_at: used_us.map(time_text),
            is_expired: key.is_some_and(|key| !key.is_valid(now_us)),
        }
    }

    fn of(key: &KeyUse, now_us: i64) -> Self {
        Self::new(key.key.as_ref(), key.used_us, now_us)
    }

    fn path(&self) -> String {
        format!("/v1/account/keys/{}", self.id)
    }
}

/// A key that was made. This is the only answer with the key itself
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeKey {
    // It comes first: `Reply::revealing` finds it there.
    /// The key itself, to be kept now, as it is stored nowhere; `null` in an answer that is given
    /// again, by an `Idempotency-Key`, and with `dry_run`
    #[schema(required, example = "KK9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d")]
    key: Option<&'static str>,
    #[serde(flatten)]
    shown: Key,
}

/// The key that a command makes or edits, as it leaves it; none if it changes nothing.
fn changed(outcome: &Outcome) -> Option<&ApiKey> {
    outcome.changed.iter().find_map(|change| match change {
        Change::Key { after, .. } => after.as_ref(),
        _ => None,
    })
}

/// The key with that id.
async fn find(caller: &Caller<Full>, id: KeyId) -> Result<KeyUse, Problem> {
    let keys = caller.service.keys(&caller.access.tenant).await?;
    keys.into_iter().find(|key| key.id() == id).ok_or_else(|| Refusal::NoSuchKey(id).into())
}

/// Days from now, up to ten years. For longer, there are keys that do not expire.
type Days = Whole<1, 3650>;

/// When a key expires, if ever, from the two members that can say it; none if neither is there.
#[allow(clippy::option_option, reason = "absent, never, or at a time: as in the command")]
fn read_expiry(
    faults: &mut Faults,
    expires_at: Field<TimeUs>,
    expires_in_days: Field<Days>,
    now_us: i64,
) -> Option<Option<i64>> {
    let at_us = faults.nullable("expires_at", expires_at).map(|time| time.map(|time| time.0));
    let days = faults.optional("expires_in_days", expires_in_days);
    if at_us.flatten().is_some_and(|at_us| at_us <= now_us) {
        let why = "is in the past; delete a key that shall be valid no longer";
        faults.add("expires_at", "invalid", why);
    }
    match (at_us, days) {
        (Some(_), Some(_)) => {
            let why = "is given with expires_at, use one of the two";
            faults.add("expires_in_days", "ambiguous", why);
            None
        }
        (at_us, None) => at_us,
        (None, Some(Whole(days))) => Some(Some(now_us + i64::from(days) * DAY_US)),
    }
}
