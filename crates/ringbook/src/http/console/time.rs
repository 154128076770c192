//! Times for people: UTC, and labelled.

use jiff::Timestamp;

fn text(time: Timestamp) -> String {
    time.strftime("%F %H:%M UTC").to_string()
}

/// A time of the API, such as `2026-01-02 03:04 UTC`.
pub fn for_people(rfc3339: &str) -> String {
    rfc3339.parse().map_or_else(|_| rfc3339.to_owned(), text)
}

/// The same of microseconds.
pub fn of_us(at_us: i64) -> String {
    Timestamp::from_microsecond(at_us).map_or_else(|_| at_us.to_string(), text)
}
