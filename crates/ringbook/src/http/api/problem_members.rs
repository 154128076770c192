//! The members of problems that only some codes have.

use utoipa::ToSchema;

use super::bulk::results::Tally;
use super::changes::change::Change;
use super::changes::revert::Left;
use super::problem::FieldError;

/// Members that only some codes have. Tests hold every answer against it.
#[derive(ToSchema)]
#[schema(as = ProblemMembers)]
#[expect(dead_code, reason = "it only describes what `Problem::with` adds")]
pub struct Members<'m> {
    /// Of `precondition_failed`: the `ETag` that it has by now
    #[schema(required = false)]
    etag: String,
    /// Of `invalid_file`: the line that cannot be read
    #[schema(required = false)]
    line: u64,
    /// Of `rows_refused`: how many rows are refused
    #[schema(required = false)]
    refused: usize,
    /// Of `rows_refused`: the first of them
    #[schema(required = false)]
    rows: Vec<RefusedRow>,
    /// Of `rows_refused`: what several rows of all are refused for, the most frequent first
    #[schema(required = false)]
    causes: Vec<Cause>,
    /// Of `unauthorized`, where the key was deleted while a file was sent: what was done before
    #[schema(required = false)]
    summary: &'m Tally,
    /// Of `history_pruned`: the oldest change that is kept; `null` if none is
    #[schema(required = false, example = "c17")]
    oldest: Option<String>,
    /// Of `cursor_ahead`: the newest change
    #[schema(required = false, example = "c17")]
    newest: String,
    /// Of `blocked`: the newest change that cannot be taken back
    #[schema(required = false, example = "c17")]
    change: String,
    /// Of `blocked`: how many changes cannot be taken back
    #[schema(required = false)]
    blocked_count: usize,
    /// Of `blocked`: the newest of them
    #[schema(required = false)]
    blocked: Vec<Left>,
    /// Of `blocked`: the newest of the changes that stand in the way
    #[schema(required = false)]
    blocked_by: Vec<Change>,
}

/// What several rows of a file are refused for
#[derive(ToSchema)]
#[schema(as = RefusedCause)]
#[expect(dead_code, reason = "it only describes")]
pub struct Cause {
    /// How many rows there are with these errors
    rows: usize,
    /// What is wrong with each
    errors: Vec<FieldError>,
}

/// A row that is refused
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes")]
pub struct RefusedRow {
    /// The line of the file where it begins, counted from 1; absent for rows in JSON
    #[schema(required = false)]
    line: u64,
    /// For rows in JSON: its place in the list, counted from 0
    #[schema(required = false)]
    row: u64,
    /// What is wrong with it
    errors: Vec<FieldError>,
}
