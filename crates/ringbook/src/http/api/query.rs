//! Parameters of a query, each read by itself, so that all that is wrong is told at once.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::RangeInclusive;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;

use super::code::Code;
use super::problem::{FieldError, Problem};
pub use crate::service::clock::time_text;

/// What is noted of a cursor, among other faults.
const INVALID_CURSOR: &str = "invalid_cursor";

/// The parameters of a query, taken one by one; those that are left are unknown.
#[derive(Debug, Default)]
pub struct Query {
    given: BTreeMap<String, Vec<String>>,
    errors: Vec<FieldError>,
}

impl<State: Send + Sync> FromRequestParts<State> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    fn parse(text: &str) -> Self {
        let mut given = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            given.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Self { given, errors: Vec::new() }
    }

    /// A parameter as text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.given.remove(name)?;
        if values.len() > 1 {
            self.wrong(name, "is given more than once");
            return None;
        }
        values.pop()
    }

    /// A phone number, or its beginning: a `+` that was not escaped came as a space.
    pub fn number(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        Some(match text.strip_prefix(' ') {
            Some(digits) => format!("+{digits}"),
            None => text,
        })
    }

    /// A parameter that is one of these.
    pub fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = choices.iter().find(|(choice, _)| *choice == text);
        if found.is_none() {
            let names: Vec<_> = choices.iter().map(|(choice, _)| *choice).collect();
            self.wrong(name, &format!("must be one of {}", names.join(", ")));
        }
        found.map(|(_, value)| *value)
    }

    /// A switch.
    pub fn flag(&mut self, name: &str) -> bool {
        self.choice(name, &[("true", true), ("false", false)]).unwrap_or(false)
    }

    /// A whole number within a range.
    pub fn whole(&mut self, name: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let text = self.text(name)?;
        let found = text.parse().ok().filter(|number| range.contains(number));
        if found.is_none() {
            let (from, to) = (range.start(), range.end());
            self.wrong(name, &format!("must be a whole number from {from} to {to}"));
        }
        found
    }

    /// A time, microseconds UTC: the `+` of an offset that was not escaped came as a space.
    pub fn time_us(&mut self, name: &str) -> Option<i64> {
        let text = self.text(name)?;
        let found = text.parse::<Timestamp>().or_else(|fault| match text.rsplit_once(' ') {
            Some((time, offset)) => format!("{time}+{offset}").parse(),
            None => Err(fault),
        });
        if found.is_err() {
            self.wrong(name, "must be a time like 2026-11-24T08:30:00Z");
        }
        found.ok().map(Timestamp::as_microsecond)
    }

    /// Where a page begins, as `read` finds it in the cursor.
    pub fn cursor<T>(&mut self, read: impl FnOnce(&str) -> Result<T, &'static str>) -> Option<T> {
        let text = self.text("cursor")?;
        let found = match &*text {
            "" => Err("is empty: the first page is asked for without one"),
            text => read(text),
        };
        let note = |why: &str| {
            let (field, detail) = (Some("cursor".into()), format!("the cursor {why}"));
            self.errors.push(FieldError { field, code: INVALID_CURSOR.into(), detail });
        };
        found.map_err(note).ok()
    }

    /// Whether a parameter was found wrong.
    pub fn is_wrong(&self, name: &str) -> bool {
        self.errors.iter().any(|error| error.field.as_deref() == Some(name))
    }

    /// Notes that a parameter is wrong.
    pub fn wrong(&mut self, name: &str, why: &str) {
        let (field, detail) = (Some(name.to_owned()), format!("{name} {why}"));
        self.errors.push(FieldError { field, code: "invalid".into(), detail });
    }

    /// All that is wrong, parameters among it that nobody has asked for.
    pub fn check(self) -> Result<(), Problem> {
        let Self { given, mut errors } = self;
        errors.extend(given.into_keys().map(|name| {
            let detail = format!("{name}: there is no such parameter here");
            FieldError { field: Some(name), code: "unknown_parameter".into(), detail }
        }));
        let (code, detail) = match &*errors {
            [] => return Ok(()),
            [one] if one.code == INVALID_CURSOR => (Code::InvalidCursor, one.detail.clone()),
            [one] => (Code::InvalidQuery, one.detail.clone()),
            several => (Code::InvalidQuery, format!("{} parameters are wrong", several.len())),
        };
        Err(Problem { errors, ..Problem::new(code, detail) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_taken_one_by_one_and_all_faults_are_told() {
        let mut query = Query::parse("skill=QA+1&limit=5000&number=+91&x=1&at=now&at=2");
        assert_eq!(query.text("skill").as_deref(), Some("QA 1"));
        assert_eq!(query.number("number").as_deref(), Some("+91"));
        assert_eq!(query.whole("limit", 1..=1000), None);
        assert_eq!(query.time_us("at"), None);
        assert_eq!(query.text("name"), None);
        let problem = query.check().unwrap_err();
        let fields: Vec<_> = problem.errors.iter().filter_map(|one| one.field.clone()).collect();
        assert_eq!(fields, ["limit", "at", "x"]);
    }

    #[test]
    fn times_are_read_and_written_to_the_microsecond() {
        let mut query = Query::parse("at=2026-11-24T08%3A30%3A00.000001%2B05%3A30");
        let at_us = query.time_us("at").unwrap();
        assert_eq!(time_text(at_us), "2026-11-24T03:00:00.000001Z");
        assert!(query.check().is_ok());
    }

    #[test]
    fn a_plus_that_was_not_escaped_is_one() {
        for (text, expected) in [
            ("at=2026-11-27T15:04:33+05:30", Some("2026-11-27T09:34:33Z")),
            ("at=2026-11-27 15:04:33+05:30", Some("2026-11-27T09:34:33Z")),
            ("at=2026-11-27 15:04:33%2B05:30", Some("2026-11-27T09:34:33Z")),
            ("at=2026-11-27T15:04:33-05:30", Some("2026-11-27T20:34:33Z")),
            ("at=2026-11-27T15:04:33+later", None),
            ("at=now+then", None),
        ] {
            let at_us = Query::parse(text).time_us("at");
            let whole = expected.map(|text| text.parse::<Timestamp>().unwrap().as_microsecond());
            assert_eq!(at_us, whole, "{text}");
        }
    }
}
