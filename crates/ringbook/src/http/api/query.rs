//! The path and the query of a request. Parameters are read one by one, so that all faults are reported
//! at once.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::code::Code;
use super::cursor::Scope;
use super::problem::{FieldError, Problem};

/// The one segment of a path that is not fixed. A path that is not UTF-8 does not exist.
#[derive(Debug)]
pub struct Path(pub String);

impl<State: Send + Sync> FromRequestParts<State> for Path {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        let axum::extract::Path(value) = read.map_err(|_| {
            let detail = format!("{}: the path cannot be read as UTF-8", parts.uri.path());
            Problem::new(Code::NoSuchPath, detail)
        })?;
        Ok(Self(value))
    }
}

impl Path {
    /// The id that it is. What is none names nothing, which has this code.
    pub fn id<T: FromStr<Err = &'static str>>(&self, code: Code) -> Result<T, Problem> {
        let fault = |why| Problem::new(code, format!("there is no {:?} here: it {why}", self.0));
        self.0.parse().map_err(fault)
    }
}

/// A text as a segment of a path.
pub fn path_segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Parameters that only say which part of a list is wanted, and for how long it may be waited for.
const OF_THE_PAGE: [&str; 3] = ["cursor", "limit", "wait_s"];

/// The parameters of a query, taken one by one; those that are left are unknown.
#[derive(Debug, Default)]
pub struct Query {
    uri: Uri,
    given: BTreeMap<String, Vec<String>>,
    errors: Vec<FieldError>,
}

impl<State: Send + Sync> FromRequestParts<State> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Infallible> {
        let text = parts.uri.query().unwrap_or_default();
        let mut given = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            given.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Ok(Self { uri: parts.uri.clone(), given, errors: Vec::new() })
    }
}

impl Query {
    /// The list that is asked for: the path and all parameters but those of the page, those that were
    /// taken among them.
    pub fn scope(&self) -> Scope {
        let text = self.uri.query().unwrap_or_default();
        let parameters = form_urlencoded::parse(text.as_bytes());
        let mut chosen: Vec<_> =
            parameters.filter(|(name, _)| !OF_THE_PAGE.contains(&&**name)).collect();
        chosen.sort_unstable();
        let chosen = chosen.iter().flat_map(|(name, value)| [&**name, &**value]);
        Scope::of(std::iter::once(self.uri.path()).chain(chosen))
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

    /// Adds the fault of a parameter.
    pub fn add_fault(&mut self, name: &str, why: &str) {
        self.add(name, "invalid", format!("{name} {why}"));
    }

    /// Adds the fault of a cursor.
    pub fn add_cursor_fault(&mut self, name: &str, why: &str) {
        self.add(name, Code::InvalidCursor.as_str(), format!("the {name} {why}"));
    }

    fn add(&mut self, name: &str, code: &str, detail: String) {
        self.errors.push(FieldError::of_parameter(name, code, detail));
    }

    /// Reports all faults, unknown parameters included.
    pub fn check(mut self) -> Result<(), Problem> {
        for name in std::mem::take(&mut self.given).into_keys() {
            let detail = format!("{name}: there is no such parameter here");
            self.add(&name, "unknown_parameter", detail);
        }
        let Some(first) = self.errors.first() else { return Ok(()) };
        let is_cursor = first.code == Code::InvalidCursor.as_str();
        let code = if is_cursor { Code::InvalidCursor } else { Code::InvalidQuery };
        Err(Problem::of_errors(code, self.errors, "parameters"))
    }
}
