//! Imports: choose a file, see what it would do, do it, see how it stands, undo it.
//!
//! The server keeps no file between the plan and the import: the form of the plan carries it,
//! compressed, in a hidden field. So nothing is to be cleaned up, no restart and no other node of a
//! cluster loses it, and it works without scripts. 100,000 rows are a megabyte there, and go twice
//! over the wire.

mod done;
mod export;
mod item;
mod list;
mod plan;
mod refused;
mod upload;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Redirect;
use axum::routing::{get, post};
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::Semaphore;

use super::api::Request;
use super::page::FieldError;
use crate::service::Service;

const PATH: &str = "/console/import";
/// Imports have a path each below this one.
const IMPORTS_PATH: &str = "/console/imports";

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
    let to_start = || get(Redirect::temporary(PATH));
    Router::new()
        .route(PATH, get(plan::page).post(done::import))
        .route("/console/import/plan", to_start().post(plan::plan))
        .route("/console/import/refused", to_start().post(refused::of_plan))
        .route("/console/export", get(export::export))
        .route(IMPORTS_PATH, get(list::page))
        .route("/console/imports/{id}", get(item::page))
        .route("/console/imports/{id}/refused", get(refused::of_import))
        .route("/console/imports/{id}/undo", post(item::undo))
        .layer(DefaultBodyLimit::disable())
}

/// What becomes of a file, as the API says it.
#[derive(Deserialize)]
struct Outcome {
    summary: Summary,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Summary {
    rows: usize,
    refused: usize,
    import: Option<String>,
}

/// What becomes of a row.
#[derive(Deserialize)]
struct Row {
    line: u64,
    status: String,
    #[serde(default)]
    errors: Vec<FieldError>,
    before: Option<RowPhone>,
    after: Option<RowPhone>,
}

/// A phone before or after a row.
#[derive(Clone, PartialEq, Eq, Deserialize)]
struct RowPhone {
    number: String,
    name: String,
    skills: Vec<String>,
}

impl Outcome {
    fn count(&self, status: &str) -> usize {
        self.rows.iter().filter(|row| row.status == status).count()
    }
}

impl Row {
    /// Why it is refused.
    fn why(&self) -> String {
        let reasons = self.errors.iter().map(|error| error.detail.as_str());
        reasons.collect::<Vec<_>>().join("; ")
    }

    /// The fields that are at fault.
    fn fields(&self) -> String {
        let fields = self.errors.iter().filter_map(|error| error.pointer.strip_prefix('/'));
        let mut fields: Vec<_> = fields.collect();
        fields.dedup();
        fields.join(", ")
    }
}

/// The request for a file: phones are found by their id or number, edited, and created if they are
/// missing.
fn request(path: &str, file: Vec<u8>, mode: &str) -> Request {
    let mode = if mode == KEEP_GOING { KEEP_GOING } else { ALL_OR_NOTHING };
    Request::post(path).query("action", "upsert").query("mode", mode).body(file.into(), "text/csv")
}

const KEEP_GOING: &str = "keep_going";
const ALL_OR_NOTHING: &str = "all_or_nothing";
