//! Carries rows out: all of them as one part or, where some may be refused, some hundreds at a time.
//!
//! Each part is one command. With an `Idempotency-Key` each part has an idempotency record of its own,
//! with the hash of the file up to there. A retry of a request that broke off replays the parts that
//! were done, and does the others. The recorded answers have the id of the import, so that these are
//! parts of it too.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{HeaderValue, LOCATION, VARY};
use axum::http::{Response, StatusCode};
use directory::{Command, Refusal, Row, SaveMode, Skills};
use sha2::{Digest as _, Sha256};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use super::body::Rows;
use super::form::{Form, Stopped, Summary};
use super::results::{Lines, Tally};
use crate::http::api::access::Actor;
use crate::http::api::code::Code;
use crate::http::api::permits::Permit;
use crate::http::api::prelude::*;
use crate::http::api::refusal::{self, Named};
use crate::http::idempotency::REPLAYED;
use crate::http::limits::{BULK_RESULT_BYTES_MAX, BULK_ROWS_IN_PARTS_MAX, BULK_ROWS_MAX};
use crate::http::request::DRY_RUN;
use crate::rows::{ROWS_PER_COMMIT, ReadRow};
use crate::service::{CommandRequest, Failure, Idempotency, Outcome};
use crate::store::{IdempotencyKey, ImportProgress, ImportState, Origin};

/// The processors are busy if what is ready to run waits for them so long.
const BUSY: Duration = Duration::from_millis(1);

/// How long the next part waits then, at least, and how often.
const GIVES_WAY_FOR: Duration = Duration::from_millis(5);
const GIVES_WAY_MAX: u32 = 50;

/// How rows are done, part by part, and how what became of them is answered.
pub struct Parts<'c> {
    pub actor: Actor<'c>,
    pub write: Write,
    pub form: Form,
    pub mode: SaveMode,
    /// Whether the rows came as JSON, where each has a place and no line.
    pub is_json: bool,
    /// Whether the answer is that something was created: the import.
    pub is_import: bool,
    /// Whether rows of a dry run show their phones.
    pub shows_phones: bool,
    /// Held until the response was read.
    pub permit: Permit,
    pub done: Done,
}

/// What became of the parts so far.
#[derive(Default)]
pub struct Done {
    results: Vec<Bytes>,
    tally: Tally,
    error_bytes: usize,
    /// How many parts had been done before.
    replayed: usize,
    /// Of rows of which all or none are done, the refusal of all.
    refused: Option<Reply>,
    /// The columns that are ignored.
    ignored_columns: Vec<String>,
    /// Of a dry run, how many changes there would be.
    changes: Option<usize>,
}

/// The answer of a part, as in its idempotency record: the tally and the results of its rows, or the refusal of all.
type PartAnswer = Result<(Tally, String), Reply>;

impl Parts<'_> {
    /// Does all rows in one commit, or says in a dry run what would become of them.
    pub async fn carry_out_at_once(mut self, mut rows: Rows<'_>) -> Answer {
        let mut read = Vec::new();
        rows.read(&mut read, BULK_ROWS_MAX + 1).await.map_err(|stop| stop.problem)?;
        if read.len() > BULK_ROWS_MAX {
            let way = if self.write.is_dry_run {
                ", which a dry run does not take: try them in several files"
            } else {
                ": send them in several files, or in the mode keep_going"
            };
            let detail = format!("there are more than {BULK_ROWS_MAX} rows{way}");
            return Err(Problem::new(Code::TooLarge, detail));
        }
        self.done.ignored_columns = rows.ignored_columns();
        self.add(read, rows.sha256(), ImportState::Done).await?;
        Ok(self.render(None))
    }

    /// Does the rows that are not refused, some hundreds at a time.
    pub async fn carry_out(mut self, mut rows: Rows<'_>) -> Answer {
        let mut state = ImportState::Running;
        let stopped = loop {
            let mut read = Vec::with_capacity(ROWS_PER_COMMIT);
            let stop = rows.read(&mut read, ROWS_PER_COMMIT).await;
            // Nothing is done of an incomplete part: a retry sends all of its rows.
            let is_whole = stop.as_ref().map_or_else(|stop| stop.is_in_content, |_| true);
            if is_whole && !read.is_empty() {
                let result_bytes: usize = self.done.results.iter().map(Bytes::len).sum();
                if self.done.tally.rows + read.len() > BULK_ROWS_IN_PARTS_MAX
                    || result_bytes > BULK_RESULT_BYTES_MAX
                {
                    let detail =
                        "there are too many rows for one request: send the rest in another";
                    break Some(Problem::new(Code::TooLarge, detail));
                }
                if let Ok(false) = stop {
                    state = ImportState::Done;
                }
                if let Err(problem) = self.add(read, rows.sha256(), state).await {
                    break Some(problem);
                }
            }
            match stop {
                Ok(true) => give_way().await,
                Ok(false) => break None,
                Err(stop) => break Some(stop.problem),
            }
        };
        self.done.ignored_columns = rows.ignored_columns();
        let Some(problem) = stopped else {
            // After a full part it was not known that no more rows would come.
            if state == ImportState::Running {
                self.end(ImportState::Done, None).await;
            }
            return Ok(self.render(None));
        };
        // If nothing was done yet, it is answered like any other problem.
        if self.done.results.is_empty() {
            return Err(problem);
        }
        let stopped = Stopped::from(&problem);
        self.end(ImportState::Stopped, Some(&stopped)).await;
        rows.discard_rest().await;
        // A caller without a valid key gets the same answer as elsewhere, and what was done before.
        if problem.code == Code::Unauthorized {
            let tally = serde_json::to_value(&self.done.tally).expect("it is plain data");
            return Err(problem.with("summary", tally));
        }
        Ok(self.render(Some(stopped)))
    }

    /// Does rows as the next part, after which the import stands so.
    async fn add(
        &mut self,
        read: Vec<ReadRow>,
        sha256: [u8; 32],
        state: ImportState,
    ) -> Result<(), Problem> {
        let (service, tenant) = (self.actor.service, self.actor.tenant);
        let (good, mut lines) = Lines::split(read, self.is_json);
        lines.error_bytes = self.done.error_bytes;
        // The rules check the good rows all the same, so that all faults are reported at once.
        let is_hopeless = self.mode == SaveMode::AllOrNothing && lines.bad_count() > 0;
        let mode = if is_hopeless { SaveMode::Nothing } else { self.mode };
        let mut request = self.request(good, mode, state);
        request.import.rows += lines.bad_count();
        request.import.refused += lines.bad_count();
        let request_id = self.actor.request_id;
        let answer = move |outcome: &Outcome, skills: Option<&Skills>| -> PartAnswer {
            let refusal = lines.refusal(outcome).filter(|_| mode != SaveMode::GoodRows);
            let refused = refusal.map(|problem| Reply::problem(&problem, request_id));
            refused.map_or_else(|| Ok(lines.results(outcome, skills)), Err)
        };
        let answer = if self.write.is_dry_run {
            let shows_phones = self.shows_phones;
            let show = move |outcome: Outcome, skills: &Skills| {
                (outcome.changes, answer(&outcome, shows_phones.then_some(skills)))
            };
            let (changes, answer) = service.preview_showing(tenant, request.command, show).await?;
            self.done.changes = Some(changes);
            answer
        } else if let Some((key, request_sha256)) = self.write.idempotency(&sha256)? {
            let key = part_key(&key, self.done.results.len());
            let answer = move |result: &Result<Outcome, Refusal>, _: &Skills| {
                let refused =
                    |refusal| Reply::problem(&refusal::problem(refusal, Named::InPath), request_id);
                let done = |outcome| answer(outcome, None);
                let answer = result.as_ref().map_or_else(|refusal| Err(refused(refusal)), done);
                serde_json::to_vec(&answer).expect("it is plain data")
            };
            let idempotency = Idempotency { key, request_sha256, answer: Box::new(answer) };
            let record = service.execute_idempotent(tenant, request, idempotency).await?;
            self.done.replayed += usize::from(record.is_replayed);
            serde_json::from_slice(&record.answer).map_err(|_| Failure::KeyReused)?
        } else {
            answer(&service.execute(tenant, request).await?, None)
        };
        match answer {
            Ok((tally, text)) => {
                self.done.tally.add(&tally);
                self.done.error_bytes += Lines::error_bytes(&text);
                self.done.results.push(self.form.piece(text));
            }
            // Where some rows may be refused, all are only without an account.
            Err(_) if self.mode == SaveMode::GoodRows => {
                return Err(Problem::new(Code::NoSuchAccount, "there is no such account"));
            }
            Err(refused) => self.done.refused = Some(refused),
        }
        Ok(())
    }

    /// The command for rows of the import that the parts before have begun, perhaps in a request
    /// that broke off.
    fn request(&self, rows: Vec<Row>, mode: SaveMode, state: ImportState) -> CommandRequest {
        let origin = Origin { import: self.done.tally.import, ..self.actor.origin() };
        let command = Command::Several { rows, mode };
        let Tally { rows, done, unchanged, refused, .. } = self.done.tally;
        let [rows, done, unchanged, refused] =
            [rows, done, unchanged, refused].map(|count| count as u64);
        let import = ImportProgress { state, rows, done, unchanged, refused, stopped: None };
        CommandRequest::new(command, origin).returning_changes().importing(import)
    }

    /// Notes that the import is over. Where that fails, it counts as one that goes on.
    async fn end(&self, state: ImportState, stopped: Option<&Stopped>) {
        if self.done.tally.import.is_some() {
            let mut request = self.request(Vec::new(), self.mode, state);
            let json = |stopped| serde_json::to_string(stopped).expect("it is plain data");
            request.import.stopped = stopped.map(json);
            let _ = self.actor.service.execute(self.actor.tenant, request).await;
        }
    }

    fn render(self, stopped: Option<Stopped>) -> Response<Body> {
        // The refusal of all is in place of the results of one part.
        let is_replayed = self.done.replayed == self.done.results.len().max(1) && stopped.is_none();
        if let Some(refused) = self.done.refused {
            let mut response = refused.render_stored(is_replayed);
            response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
            return response;
        }
        let import = self.done.tally.import.filter(|_| self.is_import);
        let Done { results, tally, ignored_columns, changes, .. } = self.done;
        let summary = Summary { tally, ignored_columns, stopped };
        let mut response = self.form.render(results, &summary, self.permit);
        if import.is_some() {
            *response.status_mut() = StatusCode::CREATED;
        }
        let headers = response.headers_mut();
        if let Some(changes) = changes {
            headers.insert(DRY_RUN, changes.into());
        } else if let Some(import) = import {
            let path = format!("/v1/imports/{import}");
            headers.insert(LOCATION, HeaderValue::from_str(&path).expect("it is ASCII"));
        }
        if is_replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// Waits while the processors are busy with others, such as calls that are routed; not for ever.
async fn give_way() {
    for _ in 0..GIVES_WAY_MAX {
        let begun = Instant::now();
        // Behind all that is ready to run.
        yield_now().await;
        let waited = begun.elapsed();
        if waited < BUSY {
            return;
        }
        sleep(waited.max(GIVES_WAY_FOR)).await;
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
