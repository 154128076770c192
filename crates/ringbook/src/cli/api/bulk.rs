//! What becomes of the rows of a bulk request or an import: a line for each, and one for all.

use std::io::BufReader;

use serde::Deserialize;

use super::{Api, ProblemError, Reply};
use crate::cli::context::CliError;

/// The mode of a request of several parts.
pub fn mode(keeps_going: bool) -> &'static str {
    if keeps_going { "keep_going" } else { "all_or_nothing" }
}

/// What became of a row.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RowResult {
    /// The line where it begins, counted from 1; none of rows that were sent as JSON.
    pub line: Option<u64>,
    /// What was done, such as `edited`; empty in a problem, whose rows are all refused.
    pub status: String,
    /// Why it is refused.
    pub errors: Vec<ProblemError>,
    /// Of the last line, which is about all rows.
    summary: Option<Summary>,
}

/// What became of all rows.
#[derive(Debug, Clone, Deserialize)]
pub struct Summary {
    pub rows: u64,
    /// Those that changed something.
    pub done: u64,
    pub unchanged: u64,
    pub refused: u64,
    #[serde(default)]
    pub ignored_columns: Vec<String>,
    /// The id by which all can be taken back.
    pub import: Option<String>,
    /// Why the rest of the rows was not read.
    pub stopped: Option<ProblemError>,
}

impl Summary {
    /// How to take it back, to be appended to what was done.
    pub fn undo(&self, api: &Api) -> String {
        self.import.as_ref().map_or_else(String::new, |import| {
            format!("; `ringbook undo --account {} {import}` takes them back", api.user_name())
        })
    }
}

impl Reply<'_> {
    /// Reads what became of each row, and of all. An answer that broke off has no summary.
    pub fn rows(self, mut each: impl FnMut(RowResult)) -> Result<Summary, CliError> {
        let broken = |why: &str| CliError::BrokenOff(format!("the answer broke off: {why}"));
        let lines = serde_json::Deserializer::from_reader(BufReader::new(self));
        for line in lines.into_iter::<RowResult>() {
            let line = line.map_err(|error| broken(&error.to_string()))?;
            match line.summary {
                Some(summary) => return Ok(summary),
                None => each(line),
            }
        }
        Err(broken("it has no end"))
    }
}
