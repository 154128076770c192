//! `SQLite` files, looked into and prepared by the command `sqlite3`, while no server has them.

use std::path::Path;
use std::process::Command;

use crate::error::{During, Outcome};

/// Carries out SQL on a file, and returns what is printed.
pub fn run(file: &Path, sql: &str) -> Result<String, String> {
    let output =
        Command::new("sqlite3").arg("-bail").arg(file).arg(sql).output().map_err(|_| {
            "the command sqlite3 is missing (Debian: apt-get install sqlite3)".to_owned()
        })?;
    let answer = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    if output.status.success() && error.is_empty() {
        return Ok(answer);
    }
    Err(format!("sqlite3 answered {answer:?} {:?}", error.trim()))
}

/// Bytes of the pages of the table `phone` and its indexes, divided by its rows.
pub fn disk_per_phone(file: &Path) -> Result<f64, String> {
    const PAGES: &str = "SELECT (SELECT sum(pgsize) FROM dbstat WHERE name IN \
        (SELECT name FROM sqlite_schema WHERE tbl_name = 'phone')) * 1.0 / count(*) FROM phone";
    let answer = run(file, PAGES)?;
    answer.parse().map_err(|_| format!("sqlite3 answered {answer:?}"))
}

/// A single number that a query asks for.
pub fn count(file: &Path, sql: &str) -> Outcome<u64> {
    run(file, sql)?.parse().during(sql)
}
