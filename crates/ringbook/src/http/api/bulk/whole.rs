//! Every row or none, in one commit.

use axum::http::StatusCode;
use directory::{Command, Row, SaveMode};
use serde_json::value::RawValue;

use super::Job;
use super::body::Rows;
use super::form::{BulkDone, Summary, import_path};
use super::results::Lines;
use crate::http::api::code::Code;
use crate::http::api::prelude::*;
use crate::http::limits::{BULK_REFUSED_BYTES_MAX, BULK_ROWS_MAX};
use crate::http::request::DRY_RUN;
use crate::service::Outcome;

/// Does every row, or none if one is refused.
pub async fn carry_out(job: Job<'_>, mut write: Write, mut rows: Rows<'_>) -> Answer {
    let (good, lines) = read(&mut rows, write.is_dry_run).await?;
    // The rules check the good rows all the same, so that all faults are reported at once.
    let mode = if lines.bad_count() > 0 { SaveMode::Nothing } else { SaveMode::AllOrNothing };
    let (request_id, is_import) = (job.actor.request_id, job.is_import);
    let command = Command::Several { rows: good, mode };
    let prepared = Prepared::new(command, move |outcome, _| match lines.refused_count(outcome) {
        0 => done(&lines, outcome, is_import),
        count => Reply::problem(&refused(&lines, outcome, count), request_id),
    });
    write.without_skills = true;
    let answer = write.carry_out(job.actor, &rows.sha256(), prepared).await?;
    Ok(job.form.convert(answer).await)
}

/// Says what would become of each row if the good ones were done.
pub async fn try_good_rows(job: Job<'_>, mut rows: Rows<'_>) -> Answer {
    let (good, lines) = read(&mut rows, true).await?;
    let command = Command::Several { rows: good, mode: SaveMode::GoodRows };
    let outcome = job.actor.service.preview(job.actor.tenant, command).await?;
    let (tally, text) = lines.results(&outcome);
    let summary = Summary { tally, stopped: None };
    let is_created = job.is_import && summary.tally.import.is_some();
    let mut answer = job.form.render(vec![job.form.piece(text)], &summary, None);
    if is_created {
        *answer.status_mut() = StatusCode::CREATED;
    }
    answer.headers_mut().insert(DRY_RUN, outcome.changes.into());
    Ok(answer)
}

async fn read(rows: &mut Rows<'_>, is_dry_run: bool) -> Result<(Vec<Row>, Lines), Problem> {
    let mut read = Vec::new();
    rows.read(&mut read, BULK_ROWS_MAX + 1).await.map_err(|stop| stop.problem)?;
    if read.len() <= BULK_ROWS_MAX {
        return Ok(Lines::split(read, rows.is_json()));
    }
    let way = if is_dry_run {
        ", which a dry run does not take: try them in several files"
    } else {
        ": send them in several files, or with mode=keep_going"
    };
    let detail = format!("there are more than {BULK_ROWS_MAX} rows{way}");
    Err(Problem::new(Code::TooLarge, detail))
}

/// The reply with the results of all rows.
fn done(lines: &Lines, outcome: &Outcome, is_import: bool) -> Reply {
    let (tally, text) = lines.results(outcome);
    let import = tally.import.filter(|_| is_import);
    // JSON texts of one line contain no line breaks.
    let list = format!("[{}]", text.trim_end().replace('\n', ","));
    let rows = &*RawValue::from_string(list).expect("a list of objects");
    let reply = Reply::ok(&BulkDone { summary: &Summary { tally, stopped: None }, rows });
    match import {
        Some(import) => reply.created(Some(import_path(import))),
        None => reply,
    }
}

fn refused(lines: &Lines, outcome: &Outcome, count: usize) -> Problem {
    let mut bytes = 0;
    let rows = lines.refused(outcome).take_while(|row| {
        bytes += row.to_string().len();
        bytes <= BULK_REFUSED_BYTES_MAX
    });
    let detail = match count {
        1 => "1 row is refused, and so nothing was done".into(),
        _ => format!("{count} rows are refused, and so nothing was done"),
    };
    Problem::new(Code::RowsRefused, detail)
        .with("refused", count)
        .with("rows", rows.collect::<Vec<_>>())
}
