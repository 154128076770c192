//! `/v1/imports`: files of phones.

use axum::Extension;

use super::bulk::{self, BulkDone, BulkLine, FileParameters, RowBody};
use super::permits::Permits;
use super::prelude::*;

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
    request_body(content((String = "text/csv"), (String = "application/x-ndjson"))),
    responses(
        (status = 201, description = "What became of each row", content(
            (BulkDone = "application/json"), (BulkLine = "application/x-ndjson")
        ), headers(("Location", description = "The path of the import"))),
        (status = 200, description = "Nothing was to be changed", content(
            (BulkDone = "application/json"), (BulkLine = "application/x-ndjson")
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
    bulk::carry_out(caller.actor(), &permits, write, body, true).await
}
