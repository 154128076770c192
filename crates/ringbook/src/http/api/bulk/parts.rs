//! The rows that are not refused, some thousands at a time.
//!
//! Each part is one command. With an `Idempotency-Key` each part has an idempotency record of its own,
//! with the hash of the file up to there. A retry of a request that broke off replays the parts that
//! were done, and does the others. The recorded answers have the id of the import, so that these are
//! parts of it too.

use axum::body::{Body, Bytes};
use axum::http::Response;
use axum::http::header::HeaderValue;
use directory::{Command, Row, SaveMode};
use sha2::{Digest as _, Sha256};

use super::Job;
use super::body::Rows;
use super::form::{Stopped, Summary, mark_created};
use super::results::{Lines, Tally};
use crate::http::api::code::Code;
use crate::http::api::permits::Permit;
use crate::http::api::prelude::*;
use crate::http::idempotency::REPLAYED;
use crate::http::limits::{BULK_RESULT_BYTES_MAX, BULK_ROWS_IN_PARTS_MAX};
use crate::rows::ROWS_PER_COMMIT;
use crate::service::{CommandRequest, Idempotency, Outcome};
use crate::store::{IdempotencyKey, ImportProgress, ImportState, Origin};

/// What became of the parts so far.
struct Parts<'c> {
    job: Job<'c>,
    /// How many rows were read.
    count: usize,
    results: Vec<Bytes>,
    result_bytes: usize,
    tally: Tally,
    new: usize,
    /// Whether the import is noted as one that is over.
    is_over: bool,
}

/// Does the rows that are not refused. The permit is held until the response was read.
pub async fn carry_out(job: Job<'_>, write: &Write, mut rows: Rows<'_>, permit: Permit) -> Answer {
    let (results, tally) = (Vec::new(), Tally::default());
    let mut parts =
        Parts { job, count: 0, results, result_bytes: 0, tally, new: 0, is_over: false };
    let stopped = loop {
        let mut read = Vec::with_capacity(ROWS_PER_COMMIT);
        let stop = rows.read(&mut read, ROWS_PER_COMMIT).await;
        // Nothing is done of an incomplete part: a retry sends all of its rows.
        let is_whole = stop.as_ref().map_or_else(|stop| stop.is_in_content, |_| true);
        if is_whole && !read.is_empty() {
            parts.count += read.len();
            let has_room = parts.result_bytes <= BULK_RESULT_BYTES_MAX;
            if parts.count > BULK_ROWS_IN_PARTS_MAX || !has_room {
                let detail = "there are too many rows for one request: send the rest in another";
                break Some(Problem::new(Code::TooLarge, detail));
            }
            let (good, lines) = Lines::split(read, rows.is_json());
            parts.is_over = matches!(stop, Ok(false));
            if let Err(problem) = parts.add(write, good, lines, rows.sha256()).await {
                break Some(problem);
            }
        }
        match stop {
            Ok(true) => {}
            Ok(false) => break None,
            Err(stop) => break Some(stop.problem),
        }
    };
    let Some(problem) = stopped else {
        // After a full part it was not known that no more rows would come.
        if !parts.is_over {
            parts.end(ImportState::Done, None).await;
        }
        return Ok(parts.render(None, permit));
    };
    // If nothing was done yet, it is answered like any other problem.
    if parts.results.is_empty() {
        return Err(problem);
    }
    let line = problem.more.get("line").and_then(serde_json::Value::as_u64);
    let stopped = Stopped { code: problem.code.as_str(), detail: problem.detail.clone(), line };
    parts.end(ImportState::Stopped, Some(&stopped)).await;
    rows.discard_rest().await;
    // A caller without a valid key gets the same answer as elsewhere, and what was done before.
    if problem.code == Code::Unauthorized {
        let tally = serde_json::to_value(&parts.tally).expect("it is plain data");
        return Err(problem.with("summary", tally));
    }
    Ok(parts.render(Some(stopped), permit))
}

impl Parts<'_> {
    async fn add(
        &mut self,
        write: &Write,
        good: Vec<Row>,
        lines: Lines,
        sha256: [u8; 32],
    ) -> Result<(), Problem> {
        let Job { actor, form, .. } = self.job;
        let (service, tenant) = (actor.service, actor.tenant);
        let state = if self.is_over { ImportState::Done } else { ImportState::Running };
        let mut request = self.request(good, state);
        request.import.rows += lines.bad_count();
        request.import.refused += lines.bad_count();
        let ((tally, text), is_new) = if let Some((key, request_sha256)) =
            write.idempotency(&sha256)?
        {
            let key = part_key(&key, self.results.len());
            let idempotency = Idempotency { key, request_sha256, answer: Box::new(answer(lines)) };
            let record = service.execute_idempotent(tenant, request, idempotency);
            let record = record.await?;
            (read_answer(record.answer)?, !record.is_replayed)
        } else {
            (lines.results(&service.execute(tenant, request).await?), true)
        };
        self.new += usize::from(is_new);
        self.tally.add(&tally);
        self.result_bytes += text.len();
        self.results.push(form.piece(text));
        Ok(())
    }

    /// The command for rows of the import that the parts before have begun, perhaps in a request
    /// that broke off.
    fn request(&self, rows: Vec<Row>, state: ImportState) -> CommandRequest {
        let origin = Origin { import: self.tally.import, ..self.job.actor.origin() };
        let command = Command::Several { rows, mode: SaveMode::GoodRows };
        let Tally { rows, done, unchanged, refused, .. } = self.tally;
        let [rows, done, unchanged, refused] =
            [rows, done, unchanged, refused].map(|count| count as u64);
        let import = ImportProgress { state, rows, done, unchanged, refused, stopped: None };
        CommandRequest::new(command, origin).returning_changes().importing(import)
    }

    /// Notes that the import is over. Where that fails, it counts as one that goes on.
    async fn end(&self, state: ImportState, stopped: Option<&Stopped>) {
        if self.tally.import.is_some() {
            let mut request = self.request(Vec::new(), state);
            let json = |stopped| serde_json::to_string(stopped).expect("it is plain data");
            request.import.stopped = stopped.map(json);
            let _ = self.job.actor.service.execute(self.job.actor.tenant, request).await;
        }
    }

    fn render(self, stopped: Option<Stopped>, permit: Permit) -> Response<Body> {
        let is_replayed = self.new == 0 && !self.results.is_empty() && stopped.is_none();
        let import = self.tally.import.filter(|_| self.job.is_import);
        let summary = Summary { tally: self.tally, stopped };
        let mut response = self.job.form.render(self.results, &summary, Some(permit));
        if let Some(import) = import {
            mark_created(&mut response, import);
        }
        if is_replayed {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// The idempotency key of a part of a request with that key. The first part has the key itself, so
/// that of two different requests with the same key only one is carried out.
fn part_key(key: &IdempotencyKey, part: usize) -> IdempotencyKey {
    if part == 0 {
        return *key;
    }
    let mut hash = Sha256::new();
    hash.update(key);
    hash.update((part as u64).to_le_bytes());
    hash.finalize().into()
}

/// Makes the answer in the idempotency record of a part: a line with its tally, then its results.
fn answer(
    lines: Lines,
) -> impl Fn(&Result<Outcome, directory::Refusal>, &directory::Skills) -> Vec<u8> + Send {
    move |result, _| match result {
        Ok(outcome) => {
            let (tally, text) = lines.results(outcome);
            let tally = serde_json::to_string(&tally).expect("it is plain data");
            format!("{tally}\n{text}").into_bytes()
        }
        // Rows are refused one by one. Only without an account all are refused at once.
        Err(_) => Vec::new(),
    }
}

/// Reads what [`answer`] makes.
fn read_answer(answer: Vec<u8>) -> Result<(Tally, String), Problem> {
    let text = String::from_utf8(answer).unwrap_or_default();
    let read = text.split_once('\n').and_then(|(tally, lines)| {
        let tally = serde_json::from_str(tally).ok()?;
        Some((tally, lines.to_owned()))
    });
    read.ok_or_else(|| Problem::new(Code::NoSuchAccount, "there is no such account"))
}
