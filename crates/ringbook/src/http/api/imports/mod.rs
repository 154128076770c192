//! `/v1/imports`: files of phones.

use axum::Extension;

use super::bulk::{self, BulkDone, BulkLine, FileBytes, FileParameters, RowBody};
use super::permits::Permits;
use super::prelude::*;
use crate::rows::Kind;

/// Import phones
///
/// Creates a phone for each row: CSV with the header `number,name,skills` (or
/// `phoneNumber,phoneName,skills`) as spreadsheets write it, or JSON Lines. Other columns of CSV
/// are left alone.
///
/// It is answered when it is done. Where no row has changed anything there is no import, and the
/// answer is a 200 without a `Location`.
#[utoipa::path(
    post, path = "/v1/imports", tag = "bulk",
    params(FileParameters, Write),
    request_body(content(
        (inline(FileBytes) = "text/csv", example = "number,name,skills\n1001,Asha,Sales"),
        (inline(FileBytes) = "application/x-ndjson", example = r#"{"number":"1001","name":"Asha"}"#)
    )),
    responses(
        (status = 201, description = "What became of each row", content(
            (BulkDone = "application/json"), (Vec<BulkLine> = "application/x-ndjson")
        ), headers(("Location", description = "The path of the import"))),
        (status = 200, description = "Nothing was to be changed", content(
            (BulkDone = "application/json"), (Vec<BulkLine> = "application/x-ndjson")
        )),
        Problems
    )
)]
pub async fn create(
    caller: Caller<Full>,
    Extension(permits): Extension<Permits>,
    write: Write,
    body: RowBody,
) -> Answer {
    body.check_file()?;
    bulk::carry_out(caller.actor(), &permits, write, body, Kind::Import).await
}
