//! The results of rows, as they are answered.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write as _;

use directory::{Change, Phone, Refusal, Row, Skills};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::http::api::code::Code;
use crate::http::api::field::pointer;
use crate::http::api::phones::sorted_names;
use crate::http::api::problem::{FieldError, Problem};
use crate::http::api::refusal::{self, Named};
use crate::http::limits::{
    BULK_CAUSES_COUNTED_MAX, BULK_CAUSES_MAX, BULK_ERROR_BYTES_MAX, BULK_PHONES_SHOWN_MAX,
    BULK_REFUSED_BYTES_MAX, BULK_REFUSED_REPORTED_MAX,
};
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
    /// With `show_phones`: the phone before the row; absent where there was none
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    before: Option<RowPhone<'r>>,
    /// With `show_phones`: the phone after the row; absent where there is none
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    after: Option<RowPhone<'r>>,
}

/// A phone as a row finds it or leaves it
#[derive(Serialize, ToSchema)]
pub struct RowPhone<'r> {
    /// 3 to 16 digits with an optional `+`, as written
    #[schema(example = "919876543210")]
    number: String,
    /// Unique within the account, without regard to case
    #[schema(example = "Ravi")]
    name: &'r str,
    /// The names of its skills, sorted
    skills: Vec<&'r str>,
}

impl<'r> RowPhone<'r> {
    fn of(phone: &'r Phone, skills: &'r Skills) -> Self {
        let mut names = Vec::new();
        sorted_names(&mut names, phone, skills);
        Self { number: phone.number.to_string(), name: phone.name.as_str(), skills: names }
    }
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

impl Status {
    /// That of a row whose last change is this one.
    fn of(change: Option<&Change>) -> Self {
        match change {
            None => Self::Unchanged,
            Some(Change::Phone { before: None, .. }) => Self::Created,
            Some(Change::Phone { after: None, .. }) => Self::Deleted,
            Some(_) => Self::Edited,
        }
    }
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

/// The lines of all rows, in order, and of those that cannot be read what is wrong with them.
#[derive(Default)]
pub struct Lines {
    /// Whether these are places in a list of JSON.
    is_json: bool,
    rows: Vec<(u64, Option<Vec<FieldError>>)>,
    /// The bytes of results with errors in the parts before.
    pub error_bytes: usize,
}

impl Lines {
    /// Splits rows into those for the rules, and what is needed for the results of all.
    pub fn split(read: Vec<ReadRow>, is_json: bool) -> (Vec<Row>, Self) {
        let mut lines = Self { is_json, ..Self::default() };
        let mut good = Vec::with_capacity(read.len());
        for ReadRow { line, content, may_be_cut } in read {
            let errors = content.map(|command| good.push(Row { line, command, may_be_cut })).err();
            let errors = errors.map(|faults| faults.into_iter().map(of_fault).collect());
            lines.rows.push((line, errors.map(|errors| lines.placed(line, errors))));
        }
        (good, lines)
    }

    /// How many rows cannot be read.
    pub fn bad_count(&self) -> u64 {
        self.rows.iter().filter(|(_, errors)| errors.is_some()).count() as u64
    }

    /// Errors of a row with pointers into the whole body, if it is JSON.
    fn placed(&self, line: u64, mut errors: Vec<FieldError>) -> Vec<FieldError> {
        if self.is_json {
            for error in &mut errors {
                if matches!(&*error.code, "number_taken" | "name_taken") {
                    error.detail = error.detail.replace(": line ", ": row ");
                }
                error.pointer =
                    Some(format!("/rows/{line}{}", error.pointer.take().unwrap_or_default()));
            }
        }
        errors
    }

    /// Each row, and what is wrong with it if it is refused.
    fn errors<'l>(
        &'l self,
        outcome: &'l Outcome,
    ) -> impl Iterator<Item = (u64, Option<Cow<'l, [FieldError]>>)> {
        let mut faults = outcome.row_faults.iter().peekable();
        self.rows.iter().map(move |(line, errors)| {
            let unreadable = errors.as_deref().map(Cow::Borrowed);
            let errors = unreadable.or_else(|| {
                let fault = faults.next_if(|fault| fault.line == *line)?;
                Some(Cow::Owned(self.placed(*line, of_refusal(&fault.refusal))))
            });
            (*line, errors)
        })
    }

    /// The results of all rows as JSON Lines, where the rows that are not refused were done. With the
    /// skills, the first rows that change something show their phones.
    pub fn results(&self, outcome: &Outcome, skills: Option<&Skills>) -> (Tally, String) {
        let mut text = String::with_capacity(self.rows.len() * 50);
        let mut tally = Tally { rows: self.rows.len(), import: outcome.import, ..Tally::default() };
        let mut error_bytes = self.error_bytes;
        let mut changes = outcome.changed.iter();
        let mut counts = outcome.row_changes.iter();
        for ((line, unreadable), (_, errors)) in self.rows.iter().zip(self.errors(outcome)) {
            // The rules know nothing of a row that cannot be read.
            let count = if unreadable.is_some() { None } else { counts.next() };
            // A row is about one phone; the last change shows its final state.
            let mut of_row = changes.by_ref().take(*count.unwrap_or(&0) as usize);
            let first = of_row.next();
            let change = of_row.last().or(first);
            let status = if errors.is_some() { Status::Refused } else { Status::of(change) };
            *match status {
                Status::Refused => &mut tally.refused,
                Status::Unchanged => &mut tally.unchanged,
                Status::Created | Status::Edited | Status::Deleted => &mut tally.done,
            } += 1;
            let [before, after] = match (first, change, skills) {
                (
                    Some(Change::Phone { before, .. }),
                    Some(Change::Phone { after, .. }),
                    Some(skills),
                ) if tally.done <= BULK_PHONES_SHOWN_MAX => [before, after]
                    .map(|phone| phone.as_ref().map(|phone| RowPhone::of(phone, skills))),
                _ => [None, None],
            };
            let phone = match change {
                Some(Change::Phone { id, .. }) => Some(id.to_string()),
                _ => None,
            };
            let errors = errors.filter(|_| error_bytes < BULK_ERROR_BYTES_MAX).unwrap_or_default();
            let (row, line) = if self.is_json { (Some(*line), None) } else { (None, Some(*line)) };
            let (phone, errors) = (phone.as_deref(), &*errors);
            let result = RowResult { line, row, status, phone, errors, before, after };
            let json = serde_json::to_string(&result).expect("it is plain data");
            error_bytes += if errors.is_empty() { 0 } else { json.len() };
            writeln!(text, "{json}").expect("writing to a String cannot fail");
        }
        (tally, text)
    }

    /// The bytes of the results with errors among these.
    pub fn error_bytes(results: &str) -> usize {
        let with_errors = results.lines().filter(|line| line.contains("\"errors\":["));
        with_errors.map(str::len).sum()
    }

    /// Why nothing was done, if rows were refused.
    pub fn refusal(&self, outcome: &Outcome) -> Option<Problem> {
        let count = self.errors(outcome).filter(|(_, errors)| errors.is_some()).count();
        let detail = match count {
            0 => return None,
            1 => "1 row is refused, and so nothing was done".into(),
            _ => format!("{count} rows are refused, and so nothing was done"),
        };
        let place = if self.is_json { "row" } else { "line" };
        let refused = self.errors(outcome).filter_map(|(line, errors)| Some((line, errors?)));
        let mut bytes = 0;
        let rows = refused.take(BULK_REFUSED_REPORTED_MAX);
        let rows = rows.map(|(line, errors)| json!({place: line, "errors": errors}));
        let rows = rows.take_while(|row| {
            bytes += row.to_string().len();
            bytes <= BULK_REFUSED_BYTES_MAX
        });
        let problem = Problem::new(Code::RowsRefused, detail);
        let problem = problem.with("refused", count).with("rows", rows.collect::<Vec<_>>());
        let causes = causes(self.errors(outcome).filter_map(|(_, errors)| errors));
        Some(if causes.is_empty() { problem } else { problem.with("causes", causes) })
    }
}

/// What several rows are refused for, the most frequent first: a file may have one slip in each row.
fn causes<'e>(refused: impl Iterator<Item = Cow<'e, [FieldError]>>) -> Vec<Value> {
    let mut counts = HashMap::<_, usize>::new();
    for errors in refused {
        if counts.len() < BULK_CAUSES_COUNTED_MAX || counts.contains_key(&errors) {
            *counts.entry(errors).or_default() += 1;
        }
    }
    let mut causes: Vec<_> = counts.into_iter().filter(|(_, rows)| *rows > 1).collect();
    let detail = |errors: &[FieldError]| errors.first().map(|error| error.detail.clone());
    causes.sort_by_cached_key(|(errors, rows)| (Reverse(*rows), detail(errors)));
    let causes = causes.into_iter().take(BULK_CAUSES_MAX);
    causes.map(|(errors, rows)| json!({"rows": rows, "errors": errors})).collect()
}

fn of_fault(fault: Fault) -> FieldError {
    let pointer = fault.field.map(|name| pointer(name.as_ref()));
    FieldError { pointer, ..FieldError::new(fault.code, fault.detail) }.shortened()
}

fn of_refusal(refused: &Refusal) -> Vec<FieldError> {
    let problem = refusal::problem(refused, Named::Phones("/phone"));
    if !problem.errors.is_empty() {
        return problem.errors;
    }
    vec![FieldError::new(problem.code.as_str(), problem.detail)]
}
