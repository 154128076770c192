//! What operators see of the server.

use askama::Template;
use axum::http::StatusCode;

use super::sessions::{SessionRow, sessions};
use crate::http::console::page::{Answer, Frame};
use crate::http::console::visit::{Visit, away};
use crate::service::Usage;
use crate::store::SCHEMA;

#[derive(Template)]
#[template(path = "settings/server.html")]
struct ServerPage {
    frame: Frame,
    /// What `/readyz` says.
    is_ready: bool,
    is_tidied: bool,
    /// What there is to know: names and values.
    facts: Vec<(String, String)>,
    sessions: Vec<SessionRow>,
}

pub async fn show(visit: &Visit) -> Answer {
    let (service, usage) = (&visit.service, visit.service.usage());
    let mut facts = facts(&usage, service.store_bytes().await.map_err(|_| away())?);
    facts.extend(service.store_facts().await.map_err(|_| away())?);
    let page = ServerPage {
        frame: visit.frame("settings"),
        is_ready: service.is_ready().await,
        is_tidied: usage.is_tidied,
        facts,
        sessions: sessions(visit).await?,
    };
    Ok(visit.show(StatusCode::OK, &page))
}

fn facts(usage: &Usage, store_bytes: u64) -> Vec<(String, String)> {
    let Usage { accounts, account_bytes, queued, queued_max, view_age, .. } = usage;
    let facts = [
        ("Program", env!("CARGO_PKG_VERSION").to_owned()),
        ("Schema of the store", SCHEMA.to_string()),
        ("Size of the store", megabytes(store_bytes)),
        ("Accounts in memory", format!("{accounts}, {}", megabytes(*account_bytes as u64))),
        ("Commands that wait", format!("{queued} of at most {queued_max}")),
        ("Memory known to be current", format!("{:.1} s ago", view_age.as_secs_f64())),
    ];
    facts.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Such as `12.34 MB`.
#[expect(clippy::cast_precision_loss, reason = "two digits after the point are shown")]
fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}
