//! `/v1/phones:bulk` and `/v1/imports`: many rows at once, as a whole or in parts.
//!
//! The body is read row by row as it comes. In parts, each part is committed before the next one
//! is read; what became of the rows is told once all of them were read, as most clients, and the
//! proxies before them, do not read an answer while they send: two that wait for one another to
//! read would wait for ever. Until then it is kept, up to a limit.

mod body;
mod parts;
mod permits;
mod results;
mod whole;

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::http::Response;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{Caller, Full};
use super::problem::{Problem, Problems};
use super::write::{Write, WriteParameters};
use crate::rows::Kind;
use crate::service::Service;
use body::RowBody;
use permits::BulkPermits;
use results::{BulkDone, RowResult};

/// The routes of this folder.
pub fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(bulk))
        .routes(routes!(import))
        .layer(Extension(BulkPermits::default()))
}

/// How rows are done
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ToSchema)]
enum Mode {
    /// Every row, or none if one is refused
    #[default]
    #[schema(rename = "all_or_nothing")]
    AllOrNothing,
    /// The rows that are not refused, some thousands at a time
    #[schema(rename = "keep_going")]
    KeepGoing,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // It describes what `carry_out` reads.
struct ModeParameter {
    /// `all_or_nothing` if absent
    #[param(inline)]
    mode: Option<Mode>,
}

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
    params(ModeParameter, WriteParameters),
    request_body(content((String = "application/x-ndjson"), (String = "text/csv"))),
    responses(
        (status = 200, description = "What became of each row", content(
            (BulkDone = "application/json"), (RowResult = "application/x-ndjson")
        )),
        Problems
    ),
    security(("account" = []))
)]
async fn bulk(
    caller: Caller<Full>,
    Extension(permits): Extension<BulkPermits>,
    write: Write,
    body: RowBody,
) -> Result<Response<Body>, Problem> {
    carry_out(caller, &permits, write, body, Kind::Bulk).await
}

/// Import phones
///
/// Creates a phone for each row: CSV with the header `number,name,skills` (or
/// `phoneNumber,phoneName,skills`) as spreadsheets write it, or JSON Lines. Other columns of CSV
/// are left alone.
#[utoipa::path(
    post, path = "/v1/imports", tag = "bulk",
    params(ModeParameter, WriteParameters),
    request_body(content((String = "text/csv"), (String = "application/x-ndjson"))),
    responses(
        (status = 200, description = "What became of each row", content(
            (BulkDone = "application/json"), (RowResult = "application/x-ndjson")
        )),
        Problems
    ),
    security(("account" = []))
)]
async fn import(
    caller: Caller<Full>,
    Extension(permits): Extension<BulkPermits>,
    write: Write,
    body: RowBody,
) -> Result<Response<Body>, Problem> {
    carry_out(caller, &permits, write, body, Kind::Import).await
}

async fn carry_out(
    caller: Caller<Full>,
    permits: &BulkPermits,
    mut write: Write,
    body: RowBody,
    kind: Kind,
) -> Result<Response<Body>, Problem> {
    const MODES: [(&str, Mode); 2] =
        [("all_or_nothing", Mode::AllOrNothing), ("keep_going", Mode::KeepGoing)];
    let mode = write.query.choice("mode", &MODES).unwrap_or_default();
    // What is wrong with the request is told before its body is read.
    write.check()?;
    let permit = permits.take(caller.access.tenant.id())?;
    let rows = body.rows(kind);
    match mode {
        Mode::AllOrNothing => whole::carry_out(&caller, write, rows).await,
        Mode::KeepGoing if write.is_dry_run() => whole::try_good_rows(&caller, rows).await,
        Mode::KeepGoing => parts::carry_out(&caller, &write, rows, permit).await,
    }
}
