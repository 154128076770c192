//! Imports: choose a file, see what it would do, do it, see how it stands, undo it.
//!
//! The server keeps no file between the plan and the import: the form of the plan carries it,
//! compressed, in a hidden field. So nothing is to be cleaned up, no restart and no other node of a
//! cluster loses it, and it works without scripts. 100,000 rows are a megabyte there, and go twice
//! over the wire.

mod begin;
mod columns;
mod export;
mod plan;
mod refused;
mod standing;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::api::Request;
use super::page::{Answer, FieldError};
use crate::http::limits::BULK_BYTES_MAX;
use crate::service::Service;
use upload::Upload;

const PATH: &str = "/console/import";

/// Uploads at a time: each may take some hundred megabytes of memory.
const UPLOADS_MAX: usize = 2;

/// What the handlers of imports share.
pub struct Shared {
    uploads: Semaphore,
    refused: refused::Kept,
}

impl Default for Shared {
    fn default() -> Self {
        Self { uploads: Semaphore::new(UPLOADS_MAX), refused: refused::Kept::default() }
    }
}

/// The routes. Files have a limit of their own.
pub fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route(PATH, get(plan::form).post(post))
        .route("/console/export", get(export::export))
        .route("/console/imports/{id}", get(standing::page))
        .route("/console/imports/{id}/refused", get(refused::of_import))
        .layer(DefaultBodyLimit::max(BULK_BYTES_MAX))
}

/// `POST /console/import`: a file, and as `do` says what is done with it; shows its plan if that is
/// nothing.
async fn post(upload: Upload) -> Answer {
    match upload.fields.get("do") {
        // A plan of other columns was not seen.
        _ if upload.fields.get("planned") != columns::chosen(&upload.fields) => {
            plan::show(upload, String::new()).await
        }
        "import" => begin::import(upload, ALL_OR_NOTHING).await,
        "import-others" => begin::import(upload, KEEP_GOING).await,
        "refused" => refused::of_plan(upload).await,
        "create-skills" => plan::create_skills(upload).await,
        _ => plan::show(upload, String::new()).await,
    }
}

/// What becomes of rows, as the API says it.
#[derive(Default, Deserialize)]
pub struct Outcome {
    pub summary: Summary,
    pub rows: Vec<Row>,
}

#[derive(Default, Deserialize)]
pub struct Summary {
    rows: usize,
    pub done: usize,
    pub unchanged: usize,
    pub refused: usize,
    pub import: Option<String>,
}

/// What becomes of a row.
#[derive(Deserialize)]
pub struct Row {
    line: u64,
    pub status: String,
    #[serde(default)]
    errors: Vec<FieldError>,
    before: Option<RowPhone>,
    after: Option<RowPhone>,
}

/// A phone before or after a row.
#[derive(Deserialize)]
struct RowPhone {
    number: String,
    name: String,
    skills: Vec<String>,
}

impl Row {
    /// Why it is refused.
    pub fn why(&self) -> String {
        let reasons = self.errors.iter().map(|error| error.detail.as_str());
        reasons.collect::<Vec<_>>().join("; ")
    }
}

/// The request for a file: phones are found by their id or number, edited, and created if they are
/// missing.
fn request(path: &str, file: Vec<u8>, mode: &str) -> Request {
    Request::post(path).query("action", "upsert").query("mode", mode).body(file.into(), "text/csv")
}

const KEEP_GOING: &str = "keep_going";
const ALL_OR_NOTHING: &str = "all_or_nothing";
