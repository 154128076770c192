//! `/v1/imports`: files of phones, and how each import stands.

pub mod item;
pub mod list;

use axum::Extension;
use axum::extract::Request;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::bulk::{self, BulkDone, BulkLine, FileBytes, FileParameters, Mode, Stopped};
use super::choice::{Choice, choice_schema};
use super::permits::Permits;
use super::prelude::*;
use crate::service::clock::time_text;
use crate::store::{self, ImportState};

/// What a client does with an import that is not over.
const RESUME: &str = "send the whole file again with the same Idempotency-Key: what is done is not \
                      done again. Without one, look for the rows that are there already";

impl Choice for ImportState {
    fn choices() -> Vec<(&'static str, Self)> {
        Self::ALL.into()
    }
}

choice_schema! {
    /// `running`: more of its rows are expected; if its connection or its server has broken off, it
    /// stays so. `done`: all rows were read. `stopped`: something ended it before. `undone`: it was
    /// taken back, but for what something newer has kept in place
    State for ImportState
}

/// An import or a bulk request, and what became of its rows so far
#[derive(Serialize, ToSchema)]
pub struct Import {
    /// Names it; its number is that of its first change
    #[schema(example = "i17")]
    id: String,
    #[schema(value_type = State, inline)]
    state: &'static str,
    /// When its first change was made
    #[schema(format = "date-time")]
    began_at: String,
    /// The request that began it
    request: String,
    /// Who sent it, as in its changes
    #[schema(example = "api:Wallboard")]
    source: String,
    #[schema(value_type = Mode, inline)]
    mode: &'static str,
    /// How many rows were read
    rows: u64,
    /// Those that changed something
    done: u64,
    /// Those that were as asked already
    unchanged: u64,
    /// Those that were refused
    refused: u64,
    /// What stopped it; absent where nothing did, or where it was erased
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Stopped, required = false)]
    stopped: Option<Box<RawValue>>,
    /// How it goes on; absent where it is over
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    resume: Option<&'static str>,
}

impl From<store::Import> for Import {
    fn from(import: store::Import) -> Self {
        let mode = import.mode();
        let store::Import { id, begun_us, request_id, source, progress, .. } = import;
        let store::ImportProgress { state, rows, done, unchanged, refused, stopped } = progress;
        let is_open = matches!(state, ImportState::Running | ImportState::Stopped);
        Self {
            id: id.to_string(),
            state: state.as_str(),
            began_at: time_text(begun_us),
            request: request_id.to_string(),
            source: source.to_string(),
            mode,
            rows,
            done,
            unchanged,
            refused,
            stopped: stopped.and_then(|json| RawValue::from_string(json).ok()),
            resume: is_open.then_some(RESUME),
        }
    }
}

/// Import phones
///
/// Creates a phone for each row: CSV with the header `number,name,skills` (or
/// `phoneNumber,phoneName,skills`) as spreadsheets write it, or JSON Lines. Other columns of CSV
/// are left alone. With `action=upsert` an export that was edited is an edit.
///
/// It is answered when it is done. Where no row has changed anything there is no import, and the
/// answer is a 200 without a `Location`.
#[utoipa::path(
    post, path = "/v1/imports", tag = "bulk", params(FileParameters),
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
        ))
    )
)]
pub async fn create(
    caller: Caller<Full>,
    Extension(permits): Extension<Permits>,
    write: Write,
    request: Request,
) -> Answer {
    bulk::carry_out(caller.actor(), &permits, write, request, true).await
}
