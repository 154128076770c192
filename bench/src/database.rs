//! PostgreSQL on this machine: started for the benchmark, with the settings of its packages, durable.

use std::fs;

use test_postgres::{Server, Settings};

use crate::environment;
use crate::error::{Context, Outcome};

/// Undoes what is set for tests and would slow down a server that writes much.
const DEFAULTS: [&str; 2] = ["wal_keep_size = 0", "dynamic_shared_memory_type = posix"];

/// The settings that a figure depends on most.
const SETTINGS: &str = "\
    SELECT string_agg(name || ' ' || current_setting(name), ', ' ORDER BY name) FROM pg_settings \
    WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method', \
        'shared_buffers', 'max_wal_size', 'checkpoint_timeout', 'autovacuum', 'max_connections')";

/// Harmless errors in the log: a client that ended while it polled for changes, and an autovacuum
/// that gave way.
const HARMLESS: [&str; 2] =
    ["FATAL:  connection to client lost", "ERROR:  canceling autovacuum task"];

/// A running server. Dropping it ends it and removes its data.
pub struct Database(Server);

impl Database {
    /// Starts a server on an empty directory.
    pub fn start() -> Self {
        let settings = Settings::new().durable();
        let database = Self(Server::start(&DEFAULTS.into_iter().fold(settings, Settings::line)));
        if database.file_system() == "tmpfs" {
            eprintln!("WARNING: PostgreSQL is on a tmpfs, where syncing costs nothing; set TMPDIR");
        }
        database
    }

    /// A URL with an empty schema.
    pub fn new_schema(&self) -> String {
        self.0.new_schema()
    }

    /// Does now what the server would do some time after much was written.
    pub fn tidy(&self) -> Outcome<()> {
        self.query("VACUUM (ANALYZE)")?;
        self.checkpoint()
    }

    /// Writes everything to the files that is only in the log so far.
    pub fn checkpoint(&self) -> Outcome<()> {
        self.query("CHECKPOINT")?;
        Ok(())
    }

    /// The parent of all processes of the server.
    pub fn pid(&self) -> Outcome<u32> {
        let file = self.0.directory().join("data/postmaster.pid");
        let text = fs::read_to_string(&file).context(file.display())?;
        text.lines().next().unwrap_or_default().trim().parse().context(file.display())
    }

    /// Fails if the server has logged an error: a benchmark gives no reason for one.
    pub fn check_log(&self) -> Outcome<()> {
        let log = self.0.log();
        let is_error = |line: &&str| {
            ["ERROR:  ", "FATAL:  ", "PANIC:  "].iter().any(|level| line.contains(level))
                && !HARMLESS.iter().any(|error| line.contains(error))
        };
        let errors: Vec<_> = log.lines().filter(is_error).collect();
        if errors.is_empty() {
            return Ok(());
        }
        Err(format!("PostgreSQL logged {}", errors.join("\n")).into())
    }

    /// Facts for the report, each with its name.
    pub fn describe(&self) -> Outcome<[(&'static str, String); 3]> {
        let version = self.query("SELECT version()")?.join(" ");
        let version = version.split(" on ").next().unwrap_or_default();
        Ok([
            ("database", format!("{version}, on this machine, over TCP without TLS")),
            ("file system of the database", self.file_system()),
            ("its settings, which are the defaults", self.query(SETTINGS)?.join(" ")),
        ])
    }

    fn query(&self, sql: &str) -> Outcome<Vec<String>> {
        self.0.try_query(sql).context(sql)
    }

    fn file_system(&self) -> String {
        environment::file_system(self.0.directory())
    }
}
