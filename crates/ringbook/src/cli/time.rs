//! Times on the command line.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::service::clock::{Clock as _, SystemClock};

/// Parses a time as RFC 3339 has it, or a date with or without a time of day, which is UTC.
pub fn parse(text: &str) -> Result<Timestamp, &'static str> {
    let utc =
        || text.parse::<DateTime>()?.to_zoned(TimeZone::UTC).map(|utc: Zoned| utc.timestamp());
    let time = text.parse().or_else(|_: jiff::Error| utc());
    time.map_err(
        |_| "a time is 2026-01-02 03:04 in UTC, or with an offset 2026-01-02T03:04:05+01:00",
    )
}

/// Parses the same, or a time from now on, like `+2h` or `+1h30m`.
pub fn parse_or_from_now(text: &str) -> Result<Timestamp, &'static str> {
    let Some(after) = text.strip_prefix('+') else { return parse(text) };
    let now = Timestamp::from_microsecond(SystemClock.now_us());
    let at = after.parse::<SignedDuration>().and_then(|after| now?.checked_add(after));
    at.map_err(|_| "a time from now on is like +45m or +2h30m")
}

/// A time of RFC 3339 for people, such as `2026-01-02 03:04:05 UTC`.
pub fn for_people(text: &str) -> String {
    let time = text.parse::<Timestamp>().map(|time| time.strftime("%F %T UTC").to_string());
    time.unwrap_or_else(|_| text.to_owned())
}
