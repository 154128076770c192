//! What operators see of the server.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use askama::Template;
use axum::http::StatusCode;

use super::sessions::{SessionRow, sessions};
use crate::http::console::page::{Answer, Frame};
use crate::http::console::visit::{Visit, away};
use crate::service::Usage;
use crate::store::SCHEMA;
use crate::time::for_people;

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

pub async fn show(visit: &Visit, backups: Option<PathBuf>) -> Answer {
    let (service, usage) = (&visit.service, visit.service.usage());
    let backup = match backups {
        Some(directory) => newest(&directory).unwrap_or_else(|| "none is there".to_owned()),
        None => "not known without serve --backups".to_owned(),
    };
    let mut facts = facts(&usage, service.store_bytes().await.map_err(|_| away())?);
    facts.push(("Newest backup".to_owned(), backup));
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

/// When the newest file of a directory was written. What is being written is no backup yet.
fn newest(directory: &Path) -> Option<String> {
    let files = std::fs::read_dir(directory).ok()?.filter_map(Result::ok);
    let files = files.filter(|file| file.path().extension().is_none_or(|it| it != "partial"));
    let written = files.filter_map(|file| file.metadata().ok().filter(Metadata::is_file));
    let newest = written.filter_map(|file| file.modified().ok()).max()?;
    Some(for_people(&jiff::Timestamp::try_from(newest).ok()?.to_string()))
}

/// Such as `12.34 MB`.
#[expect(clippy::cast_precision_loss, reason = "two digits after the point are shown")]
fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    use super::newest;

    #[test]
    fn the_newest_backup_is_the_newest_whole_file() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(newest(directory.path()), None);
        for (name, at_s) in [("a.db", 60), ("b.db", 120), ("c.db.7.partial", 180)] {
            let file = File::create(directory.path().join(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(at_s)).unwrap();
        }
        assert_eq!(newest(directory.path()).unwrap(), "1970-01-01 00:02:00 UTC");
    }
}
