//! The refused rows of a file as a file, to be corrected and imported again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse as _;
use directory::AccountId;

use super::columns::mapped;
use super::upload::Upload;
use super::{KEEP_GOING, Outcome, Row, request};
use crate::http::console::Console;
use crate::http::console::page::{Answer, Problem};
use crate::http::console::visit::Visit;
use crate::rows::{Format, write_refused};

/// Most bytes that are kept of all imports, and how long.
const KEPT_BYTES_MAX: usize = 16 * 1024 * 1024;
const KEPT_FOR: Duration = Duration::from_hours(1);

/// The refused rows of the newest imports, newest first. In memory, as they are no part of the
/// directory: a restart forgets them, and other nodes do not have them.
#[derive(Default)]
pub struct Kept(Mutex<VecDeque<(Import, Instant, Bytes)>>);

/// An import of an account.
pub type Import = (AccountId, String);

impl Kept {
    /// All that are to be kept still.
    fn files(&self) -> MutexGuard<'_, VecDeque<(Import, Instant, Bytes)>> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = 0;
        files.retain(|(_, kept_at, csv)| {
            bytes += csv.len();
            bytes <= KEPT_BYTES_MAX && kept_at.elapsed() < KEPT_FOR
        });
        files
    }

    pub fn keep(&self, import: Import, csv: Bytes) {
        if !csv.is_empty() && csv.len() <= KEPT_BYTES_MAX {
            self.files().push_front((import, Instant::now(), csv));
        }
    }

    pub fn find(&self, import: &Import) -> Option<Bytes> {
        self.files().iter().find(|(one, ..)| one == import).map(|(.., csv)| csv.clone())
    }
}

/// The refused rows of a file, as they are in it, with the reason before each; empty if there are none.
pub fn refused_csv(file: &[u8], rows: &[Row]) -> Bytes {
    let refused = rows.iter().filter(|row| row.status == "refused");
    let reasons: BTreeMap<_, _> = refused.map(|row| (row.line, row.why())).collect();
    let mut csv = Vec::new();
    if !reasons.is_empty() {
        let written = write_refused(file, Format::Csv, &reasons, &mut csv);
        written.expect("it is written to memory");
    }
    csv.into()
}

fn attachment(csv: Bytes) -> Response<Body> {
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"refused.csv\""),
    ];
    (headers, csv).into_response()
}

/// `POST /console/import` with `do=refused`: those that the plan of a file has.
pub async fn of_plan(upload: Upload) -> Answer {
    let planned = request("/v1/bulk", mapped(&upload)?, KEEP_GOING).dry_run(true);
    let outcome: Outcome = upload.visit.api.read(planned).await?;
    Ok(attachment(refused_csv(&upload.file, &outcome.rows)))
}

/// `GET /console/imports/{id}/refused`
pub async fn of_import(
    visit: Visit,
    Extension(console): Extension<Console>,
    Path(id): Path<String>,
) -> Answer {
    let account = visit.signed_in.session.account;
    let found = account.and_then(|account| console.imports.refused.find(&(account, id)));
    let detail = "The refused rows of this import are not kept any more. Import its file again: \
                  what was done is not done twice.";
    found.map(attachment).ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, detail))
}
