//! Problems (RFC 9457) as the API answers them.

use std::fmt::{self, Display, Formatter};

use serde::Deserialize;
use serde_json::{Map, Value};

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

/// The detail, and what else is wrong, one a line.
impl Display for Problem {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&self.detail)?;
        let others = self.errors.iter().filter(|error| error.detail != self.detail);
        others.into_iter().try_for_each(|error| write!(out, "\n{}", error.detail))
    }
}
