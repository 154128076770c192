//! Times as people read and type them: always UTC.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit, Zoned};

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
    let time = text.parse::<Timestamp>();
    time.map_or_else(|_| text.to_owned(), |time| time.strftime("%F %T UTC").to_string())
}

/// The same of microseconds since 1970.
pub fn of_us(at_us: i64) -> String {
    let time = Timestamp::from_microsecond(at_us);
    time.map_or_else(|_| at_us.to_string(), |time| for_people(&time.to_string()))
}

/// The same as a field of a form has it, such as `2026-01-02T03:04:05`; empty if it is no time. It has
/// milliseconds at most, which are rounded up: what was done at the time is done.
pub fn in_field(text: &str) -> String {
    let round = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Ceil);
    let time = of_field(text).parse::<Timestamp>().and_then(|time| time.round(round));
    time.map(|time| time.strftime("%FT%T%.f").to_string()).unwrap_or_default()
}

/// What such a field has, as the API takes it. What is no time stays as it is, and the API refuses it.
pub fn of_field(text: &str) -> String {
    let is_rfc_3339 = text.parse::<Timestamp>().is_ok();
    let time = parse(text).ok().filter(|_| !is_rfc_3339);
    time.map_or_else(|| text.to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_utc_and_what_is_no_time_stays() {
        for (typed, asked, shown) in [
            ("2026-01-02T03:04", "2026-01-02T03:04:00Z", "2026-01-02T03:04:00"),
            ("2026-01-02 03:04:05", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05"),
            (
                "2026-01-02T03:04:05.250001Z",
                "2026-01-02T03:04:05.250001Z",
                "2026-01-02T03:04:05.251",
            ),
            ("noon", "noon", ""),
        ] {
            assert_eq!((&*of_field(typed), &*in_field(typed)), (asked, shown), "{typed}");
        }
        assert_eq!(for_people("2026-01-02T03:04:05.25Z"), "2026-01-02 03:04:05 UTC");
        assert_eq!(for_people("noon"), "noon");
    }
}
