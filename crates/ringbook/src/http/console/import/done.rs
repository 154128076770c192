//! `POST /console/import`: does it.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::plan::{mapped, sentence, show};
use super::refused::refused_csv;
use super::upload::Upload;
use super::{ALL_OR_NOTHING, IMPORTS_PATH, Outcome, request};
use crate::http::console::api::{Api, Request, segment};
use crate::http::console::cookie::Flash;
use crate::http::console::page::{Answer, Problem, see_other};
use crate::http::console::phones::Items;

/// How often is looked whether a long import has begun to change something.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// Imports among which the one that has begun is looked for: those of the account at the time.
const IMPORTS_LOOKED_AT: usize = 20;

#[derive(Deserialize)]
struct Begun {
    id: String,
    request: String,
}

/// Imports the file and leads to the page of the import: when it is done, or has done a part of it. It
/// goes on if the browser does not wait.
pub async fn import(upload: Upload) -> Answer {
    let file = mapped(&upload)?;
    let mode = match upload.fields.get("mode") {
        "" => ALL_OR_NOTHING,
        mode => mode,
    };
    let (api, account) = (upload.visit.api.clone(), upload.visit.signed_in.session.account);
    let (shared, original) = (Arc::clone(&upload.shared), upload.file.clone());
    let sent = request("/v1/imports", file, mode);
    let mut task = tokio::spawn(async move {
        let outcome = api.read::<Outcome>(sent).await?;
        if let (Some(account), Some(import)) = (account, &outcome.summary.import) {
            shared.refused.keep(account, import, refused_csv(&original, &outcome.rows));
        }
        Ok::<_, Problem>(outcome.summary)
    });
    let done = loop {
        if let Ok(ended) = tokio::time::timeout(LOOK_INTERVAL, &mut task).await {
            break ended.unwrap_or_else(|_| Err(Problem::internal()));
        }
        if let Some(import) = begun(&upload.visit.api).await {
            let rows: usize = upload.fields.get("rows").parse().unwrap_or(0);
            return Ok(see_other(&format!("{IMPORTS_PATH}/{}?of={rows}", segment(&import))));
        }
    };
    match done {
        Ok(summary) => {
            let path = summary.import.map(|id| format!("{IMPORTS_PATH}/{}", segment(&id)));
            let Some(path) = path else {
                let what = if summary.refused > 0 {
                    "Nothing was imported: all rows that change something were refused."
                } else {
                    "Nothing was to be changed: all phones are as the file says."
                };
                let flash = Flash::of(what.to_owned());
                return Ok(upload.visit.told("/console/phones", &flash));
            };
            Ok(see_other(&path))
        }
        // What the plan said does not hold any more: the plan as it is now shows why.
        Err(problem) if problem.code == "rows_refused" => {
            show(upload, problem.status(), String::new()).await
        }
        Err(problem) if problem.is_of_input() => {
            show(upload, problem.status(), sentence(&problem.detail)).await
        }
        Err(problem) => Err(problem),
    }
}

/// The import that the request of the browser has begun, once a part of it is done.
async fn begun(api: &Api) -> Option<String> {
    let imports = Request::get("/v1/imports").query("limit", IMPORTS_LOOKED_AT);
    let imports: Items<Begun> = api.read(imports).await.ok()?;
    let request = api.request_id();
    imports.items.into_iter().find(|import| import.request == request).map(|import| import.id)
}
