//! `POST /console/import` with `do=import`: does it.

use std::sync::Arc;
use std::time::Duration;

use super::columns::mapped;
use super::plan::show;
use super::refused::refused_csv;
use super::upload::Upload;
use super::{Outcome, request};
use crate::http::console::api::segment;
use crate::http::console::cookie::Flash;
use crate::http::console::page::{Answer, Problem, see_other};
use crate::words::{counted, sentence};

/// How often is looked whether a long import has begun to change something.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// Imports the file and leads to the page of the import: when it is done, or has done a part of it. It
/// goes on if the browser does not wait.
pub async fn import(upload: Upload, mode: &'static str) -> Answer {
    let (api, account) = (upload.visit.api.clone(), upload.visit.signed_in.session.account);
    let (shared, file) = (Arc::clone(&upload.shared), upload.file.clone());
    let sent = request("/v1/imports", mapped(&upload)?, mode);
    let mut task = tokio::spawn(async move {
        let outcome = api.read::<Outcome>(sent).await?;
        if let (Some(account), Some(import)) = (account, &outcome.summary.import) {
            shared.refused.keep((account, import.clone()), refused_csv(&file, &outcome.rows));
        }
        Ok::<_, Problem>(outcome.summary)
    });
    let visit = &upload.visit;
    let done = loop {
        if let Ok(ended) = tokio::time::timeout(LOOK_INTERVAL, &mut task).await {
            break ended.unwrap_or_else(|_| Err(Problem::internal()));
        }
        if let Some(import) = visit.api.change_made().await.and_then(|change| change.import) {
            let of = upload.fields.get("rows").parse().unwrap_or(0_u64);
            return Ok(see_other(&format!("/console/imports/{}?of={of}", segment(&import))));
        }
    };
    match done {
        Ok(summary) => {
            let Some(import) = summary.import else {
                let text = "Nothing was to be changed: all phones are as the file says.".to_owned();
                return Ok(visit.told("/console/phones", &Flash::of(text)));
            };
            let path = format!("/console/imports/{}", segment(&import));
            let change = visit.api.change_made().await.map(|change| change.id);
            let text = format!("{} imported.", counted(summary.done, "row"));
            Ok(visit.told(&path, &Flash { text, change, what: "import".to_owned() }))
        }
        // What the plan said does not hold any more: the plan as it is now shows why.
        Err(problem) if problem.is_of_input() => show(upload, sentence(&problem.detail)).await,
        Err(problem) => Err(problem),
    }
}
