//! Times as pages show and take them: always UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A time of the API for people, such as `2026-01-02 03:04:05 UTC`.
pub fn for_people(text: &str) -> String {
    format(text, "%F %T UTC").unwrap_or_else(|| text.to_owned())
}

/// The same of microseconds.
pub fn of_us(at_us: i64) -> String {
    let time = Timestamp::from_microsecond(at_us);
    time.map_or_else(|_| at_us.to_string(), |time| time.strftime("%F %T UTC").to_string())
}

/// The same for a field of a form, such as `2026-01-02T03:04:05`; empty if it is no time.
pub fn in_field(text: &str) -> String {
    format(&of_field(text), "%FT%T").unwrap_or_default()
}

/// What a field has, as the API takes it. What is no time stays as it is, and the API refuses it.
pub fn of_field(text: &str) -> String {
    let text = text.trim();
    let is_local = text.parse::<Timestamp>().is_err();
    let local = text.parse::<DateTime>().ok().filter(|_| is_local);
    let utc = local.and_then(|time| Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp()));
    utc.map_or_else(|| text.to_owned(), |time| time.to_string())
}

fn format(text: &str, format: &str) -> Option<String> {
    Some(text.parse::<Timestamp>().ok()?.strftime(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_utc_and_what_is_no_time_stays() {
        for (typed, asked, shown) in [
            ("2026-01-02T03:04", "2026-01-02T03:04:00Z", "2026-01-02T03:04:00"),
            ("2026-01-02 03:04:05", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05"),
            ("2026-01-02T03:04:05.25Z", "2026-01-02T03:04:05.25Z", "2026-01-02T03:04:05"),
            ("noon", "noon", ""),
        ] {
            assert_eq!((&*of_field(typed), &*in_field(typed)), (asked, shown), "{typed}");
        }
        assert_eq!(for_people("2026-01-02T03:04:05.25Z"), "2026-01-02 03:04:05 UTC");
        assert_eq!(for_people("noon"), "noon");
    }
}
