//! The results of rows, as they are answered.

use std::fmt::Write as _;

use directory::{Change, Refusal, Row, RowFault};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::http::api::field::pointer;
use crate::http::api::problem::FieldError;
use crate::http::api::refusal;
use crate::http::limits::{BULK_ERROR_BYTES_MAX, BULK_REFUSED_REPORTED_MAX};
use crate::rows::{Fault, ReadRow};
use crate::service::Outcome;
use crate::store::ImportId;

/// What became of a row
#[derive(Serialize, ToSchema)]
pub struct RowResult<'r> {
    /// The line of the file where it begins, counted from 1; absent for rows in JSON
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    line: Option<u64>,
    /// For rows in JSON: its place in the list, counted from 0
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    row: Option<u64>,
    status: Status,
    /// The id of its phone; absent where nothing was changed
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "p17")]
    phone: Option<&'r str>,
    /// What is wrong with it; absent if the results before it have errors of a megabyte
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'r [FieldError],
}

/// What became of a row
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    Created,
    Edited,
    Deleted,
    Unchanged,
    Refused,
}

/// How many rows there were, and what became of them
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tally {
    /// All of them
    pub rows: usize,
    /// Those that changed something
    pub done: usize,
    /// Those that were as asked already
    pub unchanged: usize,
    /// Those that were refused
    pub refused: usize,
    /// The id of the import, by which the history has it and it can be taken back; absent where
    /// nothing was changed
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<String>, nullable = false, example = "i17")]
    pub import: Option<ImportId>,
}

impl Tally {
    /// Adds those of another part.
    pub fn add(&mut self, part: &Self) {
        self.rows += part.rows;
        self.done += part.done;
        self.unchanged += part.unchanged;
        self.refused += part.refused;
        self.import = self.import.or(part.import);
    }
}

/// The lines of the rows that can be carried out, and of those that cannot be read, in order.
#[derive(Default)]
pub struct Lines {
    /// Whether these are places in a list of JSON.
    is_json: bool,
    good: Vec<u64>,
    bad: Vec<(u64, Vec<FieldError>)>,
}

impl Lines {
    /// Splits rows into those for the rules, and what is needed for the results of all.
    pub fn split(read: Vec<ReadRow>, is_json: bool) -> (Vec<Row>, Self) {
        let mut lines = Self { is_json, ..Self::default() };
        let mut rows = Vec::with_capacity(read.len());
        for ReadRow { line, command, may_be_cut } in read {
            match command {
                Ok(command) => {
                    lines.good.push(line);
                    rows.push(Row { line, command, may_be_cut });
                }
                Err(faults) => {
                    let errors = faults.into_iter().map(of_fault).collect();
                    lines.bad.push((line, lines.placed(line, errors)));
                }
            }
        }
        (rows, lines)
    }

    /// How many rows cannot be read.
    pub fn bad_count(&self) -> u64 {
        self.bad.len() as u64
    }

    /// How many rows are refused.
    pub fn refused_count(&self, outcome: &Outcome) -> usize {
        self.bad.len() + outcome.row_faults.len()
    }

    /// The first of the refused rows, in order: where each is and what is wrong with it.
    pub fn refused(&self, outcome: &Outcome) -> impl Iterator<Item = Value> {
        let unreadable = self.bad.iter().take(BULK_REFUSED_REPORTED_MAX).cloned();
        let by_rules = outcome.row_faults.iter().take(BULK_REFUSED_REPORTED_MAX);
        let by_rules = by_rules.map(|fault| (fault.line, self.refusal(fault)));
        let mut refused: Vec<_> = unreadable.chain(by_rules).collect();
        refused.sort_by_key(|(line, _)| *line);
        refused.truncate(BULK_REFUSED_REPORTED_MAX);
        let place = if self.is_json { "row" } else { "line" };
        refused.into_iter().map(move |(line, errors)| json!({place: line, "errors": errors}))
    }

    fn refusal(&self, fault: &RowFault) -> Vec<FieldError> {
        self.placed(fault.line, of_refusal(&fault.refusal))
    }

    /// Errors of a row with pointers into the whole body, if it is JSON.
    fn placed(&self, line: u64, mut errors: Vec<FieldError>) -> Vec<FieldError> {
        if self.is_json {
            for error in &mut errors {
                error.pointer =
                    Some(format!("/rows/{line}{}", error.pointer.take().unwrap_or_default()));
            }
        }
        errors
    }

    /// The results of all rows as JSON Lines, where the good rows were done.
    pub fn results(&self, outcome: &Outcome) -> (Tally, String) {
        let text = String::with_capacity(self.good.len() * 50);
        let tally = Tally { import: outcome.import, ..Tally::default() };
        let mut results = Results { is_json: self.is_json, text, tally, error_bytes: 0 };
        let mut bad = self.bad.iter().peekable();
        let mut faults = outcome.row_faults.iter().peekable();
        let mut changes = outcome.changed.iter();
        let counts = outcome.row_changes.iter().copied().chain(std::iter::repeat(0));
        for (line, count) in self.good.iter().zip(counts) {
            while let Some((line, errors)) = bad.next_if(|(bad, _)| bad < line) {
                results.add(*line, Status::Refused, None, errors);
            }
            if let Some(fault) = faults.next_if(|fault| fault.line == *line) {
                results.add(*line, Status::Refused, None, &self.refusal(fault));
                continue;
            }
            // A row is about one phone; the last change shows its final state.
            match changes.by_ref().take(count as usize).last() {
                Some(change) => results.done(*line, change),
                None => results.add(*line, Status::Unchanged, None, &[]),
            }
        }
        bad.for_each(|(line, errors)| results.add(*line, Status::Refused, None, errors));
        (results.tally, results.text)
    }
}

/// Results of rows as JSON Lines.
struct Results {
    is_json: bool,
    text: String,
    tally: Tally,
    /// Of the rows that are refused.
    error_bytes: usize,
}

impl Results {
    fn done(&mut self, line: u64, change: &Change) {
        let (status, id) = match change {
            Change::Phone { id, before: None, .. } => (Status::Created, Some(*id)),
            Change::Phone { id, after: None, .. } => (Status::Deleted, Some(*id)),
            Change::Phone { id, .. } => (Status::Edited, Some(*id)),
            _ => (Status::Edited, None),
        };
        let id = id.map(|id| id.to_string());
        self.add(line, status, id.as_deref(), &[]);
    }

    fn add(&mut self, line: u64, status: Status, phone: Option<&str>, errors: &[FieldError]) {
        self.tally.rows += 1;
        *match status {
            Status::Refused => &mut self.tally.refused,
            Status::Unchanged => &mut self.tally.unchanged,
            Status::Created | Status::Edited | Status::Deleted => &mut self.tally.done,
        } += 1;
        let errors = if self.error_bytes < BULK_ERROR_BYTES_MAX { errors } else { &[] };
        let (row, line) = if self.is_json { (Some(line), None) } else { (None, Some(line)) };
        let result = RowResult { line, row, status, phone, errors };
        let json = serde_json::to_string(&result).expect("it is plain data");
        self.error_bytes += if errors.is_empty() { 0 } else { json.len() };
        writeln!(self.text, "{json}").expect("writing to a String cannot fail");
    }
}

fn of_fault(fault: Fault) -> FieldError {
    let pointer = fault.field.map(|name| pointer(name.as_ref()));
    FieldError { pointer, ..FieldError::new(fault.code, fault.detail) }.shortened()
}

fn of_refusal(refused: &Refusal) -> Vec<FieldError> {
    let problem = refusal::problem(refused, Some("/phone"));
    if !problem.errors.is_empty() {
        return problem.errors;
    }
    vec![FieldError::new(problem.code.as_str(), problem.detail)]
}
