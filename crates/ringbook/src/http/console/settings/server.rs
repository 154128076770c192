//! What operators see of the server.

use askama::Template;
use axum::http::StatusCode;

use super::sessions::{SessionRow, sessions};
use crate::http::console::page::{Answer, Frame};
use crate::http::console::visit::Visit;
use crate::service::Usage;
use crate::store::SCHEMA;

#[derive(Template)]
#[template(path = "settings/server.html")]
struct ServerPage {
    frame: Frame,
    /// What `/readyz` says.
    is_ready: bool,
    is_tidied: bool,
    /// What there is to know, by its name.
    facts: Vec<(&'static str, String)>,
    sessions: Vec<SessionRow>,
}

pub async fn show(visit: &Visit) -> Answer {
    let usage = visit.service.usage();
    let store_bytes = visit.service.store_bytes().await.ok();
    let page = ServerPage {
        frame: visit.frame("settings"),
        is_ready: visit.service.is_ready().await,
        is_tidied: usage.is_tidied,
        facts: facts(&usage, store_bytes),
        sessions: sessions(visit).await?,
    };
    Ok(visit.show(StatusCode::OK, &page))
}

fn facts(usage: &Usage, store_bytes: Option<u64>) -> Vec<(&'static str, String)> {
    let Usage { accounts, account_bytes, queued, queued_max, view_age, .. } = usage;
    let size = store_bytes.map_or_else(|| "not known now".to_owned(), megabytes);
    let memory = format!("{accounts}, {}", megabytes(*account_bytes as u64));
    vec![
        ("Program", env!("CARGO_PKG_VERSION").to_owned()),
        ("Schema of the store", SCHEMA.to_string()),
        ("Size of the store", size),
        ("Accounts in memory", memory),
        ("Commands that wait", format!("{queued} of at most {queued_max}")),
        ("Memory known to be current", format!("{:.1} s ago", view_age.as_secs_f64())),
    ]
}

/// Such as `12.3 MB`.
#[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
