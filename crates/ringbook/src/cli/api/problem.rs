//! Problems (RFC 9457) as the API answers them.

use std::fmt::{self, Display, Formatter};

use directory::escaped;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::RowResult;

/// Why a request was not carried out.
#[derive(Debug, Clone, Deserialize)]
pub struct Problem {
    /// The stable code, such as `number_taken`.
    pub code: String,
    /// A sentence for people.
    pub detail: String,
    /// All that is wrong, if there are several things.
    #[serde(default)]
    pub errors: Vec<ProblemError>,
    /// The refused rows of a bulk request, of which one refuses all.
    #[serde(default)]
    pub rows: Vec<RowResult>,
    /// What several of all its refused rows are refused for.
    #[serde(default)]
    pub causes: Vec<RefusedCause>,
    /// All other members.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// One of the things that are wrong.
#[derive(Debug, Clone, Deserialize)]
pub struct ProblemError {
    /// The stable code.
    pub code: String,
    /// A sentence for people.
    pub detail: String,
}

/// What several refused rows are refused for.
#[derive(Debug, Clone, Deserialize)]
pub struct RefusedCause {
    /// How many rows.
    pub rows: u64,
    pub errors: Vec<ProblemError>,
}

impl Problem {
    /// A member that is a number; 0 if there is none.
    pub fn count(&self, member: &str) -> u64 {
        self.more.get(member).and_then(Value::as_u64).unwrap_or_default()
    }
}

/// All that is wrong with a row.
pub fn reason(errors: &[ProblemError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The detail, and what else is wrong, one a line.
impl Display for Problem {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", visible(&self.detail), advice(&self.code))?;
        let others = self.errors.iter().filter(|error| error.detail != self.detail);
        others.into_iter().try_for_each(|error| write!(out, "\n{error}"))?;
        self.rows.iter().try_for_each(|row| write!(out, "\n{row}"))
    }
}

impl Display for RowResult {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let place = self.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        write!(out, "{place}{}", reason(&self.errors))
    }
}

impl Display for ProblemError {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", visible(&self.detail), advice(&self.code))
    }
}

/// What else to say of an error here.
fn advice(code: &str) -> &'static str {
    match code {
        "limit_exceeded" => {
            ": `ringbook account edit ACCOUNT --phone-number-limit N`, where the store is, raises it"
        }
        _ => "",
    }
}

/// A text of a server without what could control a terminal. Ringbook escapes it; whether that is
/// Ringbook, nobody knows.
fn visible(text: &str) -> String {
    escaped(text, usize::MAX)
}
