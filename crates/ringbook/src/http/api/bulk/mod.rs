//! `/v1/phones:bulk` and `/v1/imports`: many rows at once, as a whole or in parts.
//!
//! The body is read row by row as it comes. In parts, each part is committed before the next one
//! is read. The response with the result of each row is sent once all rows were read: most clients
//! and proxies do not read a response while they send, so sending it earlier would deadlock. Until
//! then the results are buffered, up to a limit.

mod body;
mod parts;
pub mod results;
mod whole;

use axum::Extension;
use directory::SaveMode;

use super::access::Actor;
use super::choice::Choice;
use super::parameter::OneOf;
use super::permits::Permits;
use super::prelude::*;
use crate::rows::Kind;
use body::RowBody;
use results::{BulkDone, RowResult};

impl Choice for SaveMode {
    fn choices() -> Vec<(&'static str, Self)> {
        vec![("all_or_nothing", Self::AllOrNothing), ("keep_going", Self::GoodRows)]
    }
}

parameters!(struct ModeParameter {
    /// `all_or_nothing`, as if absent: every row, or none if one is refused. `keep_going`: the rows
    /// that are not refused, some thousands at a time
    MODE: OneOf<SaveMode> = query "mode";
});

/// Create, edit and delete many phones
///
/// A row is a JSON object or a line of CSV with `action` (`create`, `edit` or `delete`), `phone`
/// (the id or the number of the phone that is edited or deleted), `number`, `name`, `skills`,
/// `assign` and `unassign`. In a cell of CSV skills are separated by commas, and an empty one is
/// absent. Each row is decided after the ones before it.
///
/// With `mode=keep_going` the answer is JSON Lines: what became of each row, and at last a
/// `summary`.
#[utoipa::path(
    post, path = "/v1/phones:bulk", tag = "bulk",
    params(ModeParameter, Write),
    request_body(content((String = "application/x-ndjson"), (String = "text/csv"))),
    responses(
        (status = 200, description = "What became of each row", content(
            (BulkDone = "application/json"), (RowResult = "application/x-ndjson")
        )),
        Problems
    )
)]
pub async fn bulk(
    caller: Caller<Full>,
    Extension(permits): Extension<Permits>,
    write: Write,
    body: RowBody,
) -> Answer {
    carry_out(caller.actor(), &permits, write, body, Kind::Bulk).await
}

/// Import phones
///
/// Creates a phone for each row: CSV with the header `number,name,skills` (or
/// `phoneNumber,phoneName,skills`) as spreadsheets write it, or JSON Lines. Other columns of CSV
/// are left alone.
#[utoipa::path(
    post, path = "/v1/imports", tag = "bulk",
    params(ModeParameter, Write),
    request_body(content((String = "text/csv"), (String = "application/x-ndjson"))),
    responses(
        (status = 200, description = "What became of each row", content(
            (BulkDone = "application/json"), (RowResult = "application/x-ndjson")
        )),
        Problems
    )
)]
pub async fn import(
    caller: Caller<Full>,
    Extension(permits): Extension<Permits>,
    write: Write,
    body: RowBody,
) -> Answer {
    carry_out(caller.actor(), &permits, write, body, Kind::Import).await
}

async fn carry_out(
    actor: Actor<'_>,
    permits: &Permits,
    mut write: Write,
    body: RowBody,
    kind: Kind,
) -> Answer {
    let is_whole = MODE.read(&mut write.query) != Some(SaveMode::GoodRows);
    // Faults of the request are answered before its body is read.
    write.check_at_collection()?;
    let permit = permits.take(actor.tenant.id())?;
    let verify = || actor.service.verify(actor.tenant);
    let rows = body.rows(kind, &verify);
    if is_whole {
        whole::carry_out(actor, write, rows).await
    } else if write.is_dry_run {
        whole::try_good_rows(actor, rows).await
    } else {
        parts::carry_out(actor, &write, rows, permit).await
    }
}
