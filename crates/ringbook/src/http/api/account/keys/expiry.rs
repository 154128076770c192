//! When a key expires, from a body: at a time, or after a number of days.

use crate::http::api::field::{Faults, Field, TimeUs};
use crate::service::clock::DAY_US;

/// Most days from now: ten years. For longer, there are keys that do not expire.
pub const DAYS_MAX: u32 = 3650;

/// When a key expires, if ever, from the two members that can say it; none if neither is there.
#[allow(clippy::option_option, reason = "absent, never, or at a time: as in the command")]
pub fn read(
    faults: &mut Faults,
    expires_at: Field<TimeUs>,
    expires_in_days: Field<u32>,
    now_us: i64,
) -> Option<Option<i64>> {
    let at_us = faults.nullable("expires_at", expires_at).map(|time| time.map(|time| time.0));
    let days = faults.optional("expires_in_days", expires_in_days);
    if at_us.flatten().is_some_and(|at_us| at_us <= now_us) {
        let detail = "expires_at: is in the past; delete a key that shall be valid no longer";
        faults.add("expires_at", "invalid", detail);
    }
    if days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
        let detail = format!("expires_in_days: must be from 1 to {DAYS_MAX}");
        faults.add("expires_in_days", "invalid", detail);
    }
    match (at_us, days) {
        (Some(_), Some(_)) => {
            let detail = "expires_in_days: is given with expires_at, use one of the two";
            faults.add("expires_in_days", "ambiguous", detail);
            None
        }
        (at_us, None) => at_us,
        (None, Some(days)) => Some(Some(now_us + i64::from(days) * DAY_US)),
    }
}
