//! The query of a request. Parameters are read one by one, so that all faults are reported at once.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::code::Code;
use super::problem::{FieldError, Problem};

/// The code of a wrong cursor.
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
    /// Reads the query of a URL.
    pub fn parse(text: &str) -> Self {
        let mut given = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            given.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Self { given, errors: Vec::new() }
    }

    /// Takes a parameter's text out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let mut values = self.given.remove(name)?;
        if values.len() > 1 {
            self.wrong(name, "is given more than once");
            return None;
        }
        values.pop()
    }

    /// Whether a parameter was wrong.
    pub fn is_wrong(&self, name: &str) -> bool {
        self.errors.iter().any(|error| error.field.as_deref() == Some(name))
    }

    /// Notes that a parameter is wrong.
    pub fn wrong(&mut self, name: &str, why: &str) {
        let (field, detail) = (Some(name.to_owned()), format!("{name} {why}"));
        self.errors.push(FieldError { field, code: "invalid".into(), detail });
    }

    /// Notes that a cursor is wrong.
    pub fn wrong_cursor(&mut self, name: &str, why: &str) {
        let (field, detail) = (Some(name.to_owned()), format!("the {name} {why}"));
        self.errors.push(FieldError { field, code: INVALID_CURSOR.into(), detail });
    }

    /// Reports all that is wrong, unknown parameters included.
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
