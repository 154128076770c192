//! Every row or none, in one commit.

use directory::{Command, Row, SaveMode};

use super::body::Rows;
use super::parts;
use super::results::{Lines, done};
use crate::http::api::access::Actor;
use crate::http::api::code::Code;
use crate::http::api::prelude::*;
use crate::http::limits::{BULK_REFUSED_BYTES_MAX, BULK_ROWS_MAX};
use crate::service::Outcome;
use crate::store::RequestId;

/// Does every row, or none if one is refused.
pub async fn carry_out(actor: Actor<'_>, mut write: Write, mut rows: Rows<'_>) -> Answer {
    let (good, lines) = read(&mut rows).await?;
    // The rules check the good rows all the same, so that all faults are reported at once.
    let mode = if lines.has_bad() { SaveMode::Nothing } else { SaveMode::AllOrNothing };
    let request_id = actor.request_id;
    let command = Command::Several { rows: good, mode };
    let prepared = Prepared::new(command, move |outcome, _| reply(&lines, outcome, request_id));
    write.without_skills = true;
    write.carry_out(actor, &rows.sha256(), prepared).await
}

/// Says what would become of each row if the good ones were done.
pub async fn try_good_rows(actor: Actor<'_>, mut rows: Rows<'_>) -> Answer {
    let (good, lines) = read(&mut rows).await?;
    let command = Command::Several { rows: good, mode: SaveMode::GoodRows };
    let outcome = actor.service.preview(actor.tenant, command).await?;
    let (tally, text) = lines.results(&outcome);
    let summary = parts::Summary { dry_run: true, tally, stopped: None };
    Ok(parts::render(vec![text.into()], &summary, None))
}

async fn read(rows: &mut Rows<'_>) -> Result<(Vec<Row>, Lines), Problem> {
    let mut read = Vec::new();
    rows.read(&mut read, BULK_ROWS_MAX + 1).await.map_err(|stop| stop.problem)?;
    if read.len() <= BULK_ROWS_MAX {
        return Ok(Lines::split(read));
    }
    let detail = format!(
        "there are more than {BULK_ROWS_MAX} rows: send them in several files, or with \
         mode=keep_going"
    );
    Err(Problem::new(Code::TooLarge, detail))
}

fn reply(lines: &Lines, outcome: &Outcome, request_id: RequestId) -> Reply {
    let count = lines.refused_count(outcome);
    if count == 0 {
        let (tally, text) = lines.results(outcome);
        return done(&tally, &text);
    }
    let mut bytes = 0;
    let rows = lines.refused(outcome).into_iter();
    let rows = rows.map(|(line, errors)| serde_json::json!({"line": line, "errors": errors}));
    let rows = rows.take_while(|row| {
        bytes += row.to_string().len();
        bytes <= BULK_REFUSED_BYTES_MAX
    });
    let detail = match count {
        1 => "1 row is refused, and so nothing was done".into(),
        _ => format!("{count} rows are refused, and so nothing was done"),
    };
    let problem = Problem::new(Code::RowsRefused, detail)
        .with("refused", count)
        .with("rows", rows.collect::<Vec<_>>());
    Reply::problem(&problem, request_id)
}
