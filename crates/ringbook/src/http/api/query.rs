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

    /// What a cursor of this list belongs to.
    pub fn scope(&self) -> String {
        let given =
            self.given.iter().filter(|(name, _)| !["cursor", "limit"].contains(&name.as_str()));
        format!("{:?}", given.collect::<Vec<_>>())
    }

    /// Takes a parameter's text out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let mut values = self.given.remove(name)?;
        if values.len() > 1 {
            self.add_fault(name, "is given more than once");
            return None;
        }
        values.pop()
    }

    /// Whether a parameter has a fault.
    pub fn has_fault(&self, name: &str) -> bool {
        self.errors.iter().any(|error| error.field.as_deref() == Some(name))
    }

    /// Adds the fault of a parameter.
    pub fn add_fault(&mut self, name: &str, why: &str) {
        self.add(name, "invalid", format!("{name} {why}"));
    }

    /// Adds the fault of a cursor.
    pub fn add_cursor_fault(&mut self, name: &str, why: &str) {
        self.add(name, INVALID_CURSOR, format!("the {name} {why}"));
    }

    fn add(&mut self, name: &str, code: &str, detail: String) {
        self.errors.push(FieldError { field: Some(name.to_owned()), code: code.into(), detail });
    }

    /// Reports all faults, unknown parameters included.
    pub fn check(mut self) -> Result<(), Problem> {
        for name in std::mem::take(&mut self.given).into_keys() {
            let detail = format!("{name}: there is no such parameter here");
            self.add(&name, "unknown_parameter", detail);
        }
        let (code, detail) = match &*self.errors {
            [] => return Ok(()),
            [one] if one.code == INVALID_CURSOR => (Code::InvalidCursor, one.detail.clone()),
            [one] => (Code::InvalidQuery, one.detail.clone()),
            several => (Code::InvalidQuery, format!("{} parameters are wrong", several.len())),
        };
        Err(Problem { errors: self.errors, ..Problem::new(code, detail) })
    }
}
