//! Stops all writes to a database and its WAL after a sync of either failed.
//!
//! After a failed `fsync` the kernel may count the lost pages as clean: the next one succeeds, and a
//! checkpoint would then restart the WAL over the only good copy of them. So nothing may be written
//! any more until a new process has written the recovered WAL again and synced it.

use std::ffi::c_int;
use std::fmt;
use std::sync::OnceLock;

use rusqlite::ffi;

/// The two files of a database that hold data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// The database itself.
    Database,
    /// The write-ahead log.
    Wal,
}

/// What is done to a file.
#[derive(Debug, Clone, Copy)]
pub enum Operation<'b> {
    /// These bytes are written at this offset.
    Write(&'b [u8], i64),
    /// The file gets this size.
    Truncate(i64),
    /// What was written is put on stable storage.
    Sync,
}

type Report = Box<dyn Fn(&str) + Send + Sync>;
type Fault = Box<dyn Fn(FileKind, Operation<'_>) -> bool + Send + Sync>;

/// Whether a database may still be written, shared by all connections to it in a process. Once it
/// has failed, every write, truncation and sync of the database and its WAL fails at once, so no
/// commit and no checkpoint succeeds, the one of the last connection to close included.
#[derive(Default)]
pub struct FailStop {
    reason: OnceLock<String>,
    report: Option<Report>,
    fault: Option<Fault>,
}

impl FailStop {
    /// Calls `report` once with the reason when this fails. It may run within SQLite, so it must
    /// neither use a connection nor panic.
    pub fn new(report: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { report: Some(Box::new(report)), ..Self::default() }
    }

    /// For tests: calls `fault` before each operation, which fails if that returns true.
    #[must_use]
    pub fn with_fault(
        mut self,
        fault: impl Fn(FileKind, Operation<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.fault = Some(Box::new(fault));
        self
    }

    /// Stops all writes.
    pub fn fail(&self, reason: String) {
        if self.reason.set(reason).is_ok()
            && let (Some(report), Some(reason)) = (&self.report, self.reason())
        {
            report(reason);
        }
    }

    /// Why nothing may be written, if so.
    pub fn reason(&self) -> Option<&str> {
        self.reason.get().map(String::as_str)
    }

    /// Syncs a database file that was opened without SQLite.
    pub fn sync(&self, database: &std::fs::File) {
        self.run(FileKind::Database, Operation::Sync, || match database.sync_data() {
            Ok(()) => ffi::SQLITE_OK,
            Err(_) => ffi::SQLITE_IOERR_FSYNC,
        });
    }

    /// Runs an operation on a file unless this has failed. Returns SQLite's code.
    pub(crate) fn run(
        &self,
        file: FileKind,
        operation: Operation<'_>,
        system: impl FnOnce() -> c_int,
    ) -> c_int {
        if self.reason.get().is_some() {
            return ffi::SQLITE_IOERR;
        }
        let is_failing = self.fault.as_ref().is_some_and(|fault| fault(file, operation));
        let code = if is_failing { ffi::SQLITE_IOERR } else { system() };
        if code != ffi::SQLITE_OK && matches!(operation, Operation::Sync) {
            self.fail(format!("an fsync of the {file} failed, so what is on the disk is unknown"));
        }
        code
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Database => "database",
            Self::Wal => "WAL",
        })
    }
}
