//! What is measured once or a few times: an import, starts, memory, disk.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Context, Outcome};
use crate::figures::{median, real};
use crate::fixture::{Account, Variant};
use crate::measurements::Other;
use crate::process::resident_bytes;
use crate::program::Ringbook;
use crate::requests;

/// Memory is read this long after it was used, when allocators have returned some.
const SETTLE: Duration = Duration::from_secs(1);

/// Measures the import of a large account into a new store, starts on it, and its size.
pub fn large_store(
    ringbook: &Ringbook,
    file: &Path,
    account: &Account,
    starts: u32,
    log: &Path,
) -> Outcome<[(Other, f64); 4]> {
    let phones = real(account.phones.into());
    let import = ringbook.create_account(account)?.as_secs_f64();
    let ready = (0..starts).map(|_| {
        let server = ringbook.serve(log)?;
        let ready_after = server.ready_after.as_secs_f64();
        server.stop()?;
        Ok(ready_after)
    });
    let start = median(ready.collect::<Outcome<Vec<_>>>()?).unwrap_or_default();

    let server = ringbook.serve(log)?;
    thread::sleep(SETTLE);
    let before = resident_bytes(server.pid())?;
    server.client().get(account, "/v1/phones/p1")?;
    thread::sleep(SETTLE);
    let loaded = resident_bytes(server.pid())?.saturating_sub(before);
    server.stop()?;

    Ok([
        (Other::Import, phones / import),
        (Other::Start, start),
        (Other::Memory, real(loaded) / phones),
        (Other::Disk, disk_per_phone(file)?),
    ])
}

/// The median seconds of the first edit after a start, in an account that is not yet loaded.
pub fn first_edit(ringbook: &Ringbook, account: &Account, starts: u32, log: &Path) -> Outcome<f64> {
    let edits = (0..starts).map(|start| {
        let mut body = Vec::new();
        requests::push_edit(
            &mut body,
            &account.user_name,
            account.phones / 2 + start,
            Variant::Day,
        );
        let server = ringbook.serve(log)?;
        let begun = Instant::now();
        server.client().edit(account, &body)?;
        let took = begun.elapsed().as_secs_f64();
        server.stop()?;
        Ok(took)
    });
    Ok(median(edits.collect::<Outcome<Vec<_>>>()?).unwrap_or_default())
}

/// Resident bytes of a server with an empty store.
pub fn idle_memory(ringbook: &Ringbook, log: &Path) -> Outcome<f64> {
    let server = ringbook.serve(log)?;
    thread::sleep(SETTLE);
    let resident = resident_bytes(server.pid())?;
    server.stop()?;
    Ok(real(resident))
}

/// Bytes of a file.
pub fn file_size(file: &Path) -> Outcome<f64> {
    Ok(real(fs::metadata(file).context(file.display())?.len()))
}

/// Bytes of the pages of the table `phone` and its indexes, divided by its rows.
fn disk_per_phone(file: &Path) -> Outcome<f64> {
    const PAGES: &str = "SELECT (SELECT sum(pgsize) FROM dbstat WHERE name IN \
        (SELECT name FROM sqlite_schema WHERE tbl_name = 'phone')) * 1.0 / count(*) FROM phone";
    sqlite3(file, PAGES)?.parse().context("disk per phone")
}

/// Runs SQL on a file that no server has open. Returns what `sqlite3` prints.
pub fn sqlite3(file: &Path, sql: &str) -> Outcome<String> {
    let output = Command::new("sqlite3").arg("-bail").arg(file).arg(sql).output();
    let output = output.context("starting sqlite3 (Debian: apt-get install sqlite3)")?;
    if output.status.success() && output.stderr.is_empty() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(format!("sqlite3: {}", String::from_utf8_lossy(&output.stderr)).into())
}
