//! `GET /console/imports/{id}`: how an import stands.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::http::console::Console;
use crate::http::console::api::{Request, segment};
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Frame};
use crate::http::console::visit::Visit;
use crate::time;
use crate::words::sentence;

/// An import, as the API shows it.
#[derive(Deserialize)]
struct Import {
    id: String,
    state: String,
    began_at: String,
    source: String,
    rows: u64,
    done: u64,
    unchanged: u64,
    refused: u64,
    #[serde(default)]
    stopped: Value,
}

#[derive(Template)]
#[template(path = "import/standing.html")]
struct StandingPage {
    frame: Frame,
    import: Import,
    /// How many rows the file has; 0 if that is not known.
    of: u64,
    /// Whether its refused rows can be had.
    has_refused: bool,
}

impl StandingPage {
    fn is_running(&self) -> bool {
        self.import.state == "running"
    }

    /// How it stands, in a sentence.
    fn state(&self) -> String {
        let Import { state, rows, stopped, .. } = &self.import;
        match (state.as_str(), stopped["detail"].as_str()) {
            ("running", _) if self.of > 0 => {
                format!("Importing: {rows} of {} rows so far.", self.of)
            }
            ("running", _) => format!("Importing: {rows} rows so far."),
            ("undone", _) => "The import was undone.".to_owned(),
            ("stopped", why) => {
                let why = why.map(sentence).unwrap_or_default();
                format!("The import stopped before its end: the rows below were done. {why}")
            }
            _ => "The import is done.".to_owned(),
        }
    }

    fn began(&self) -> String {
        time::for_people(&self.import.began_at)
    }

    /// Its first change, whose number it has; none if it cannot be undone, or the message offers it.
    fn first_change(&self) -> Option<String> {
        let is_offered = self.frame.flash.as_ref().is_some_and(|flash| flash.change.is_some());
        let can_be = self.frame.can_write && self.import.state != "undone" && !is_offered;
        can_be.then(|| self.import.id.replacen('i', "c", 1))
    }
}

pub async fn page(
    visit: Visit,
    Extension(console): Extension<Console>,
    Path(id): Path<String>,
    query: Fields,
) -> Answer {
    let path = format!("/v1/imports/{}", segment(&id));
    let import: Import = visit.api.read(Request::get(path)).await?;
    let account = visit.signed_in.session.account;
    let kept = |account| console.imports.refused.find(&(account, id));
    let has_refused = account.and_then(kept).is_some();
    let of = query.get("of").parse().unwrap_or(0);
    let frame = visit.frame("phones");
    Ok(visit.show(StatusCode::OK, &StandingPage { frame, import, of, has_refused }))
}
