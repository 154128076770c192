//! PostgreSQL on this machine: started for the benchmark, set up as its packages do, and durable.

use std::fs;

use test_postgres::{Server, Settings};

use crate::error::{During, Outcome};
use crate::machine;
use crate::numbers::real;

/// What the server is told beyond what it does by default: nothing. These lines take back what
/// is set up for tests, and would cost a server that writes much.
const AS_BY_DEFAULT: [&str; 2] = ["wal_keep_size = 0", "dynamic_shared_memory_type = posix"];

/// The settings that a figure depends on most.
const TOLD: &str = "\
    SELECT string_agg(name || ' ' || current_setting(name), ', ' ORDER BY name) FROM pg_settings \
    WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method', \
        'shared_buffers', 'max_wal_size', 'checkpoint_timeout', 'autovacuum', 'max_connections')";

/// What the server logs of a client that ended while it was asking for something, as those of
/// ringbook do that look for changes all the time. Whoever waits for an answer gets it before.
const CLIENT_ENDED: &str = "FATAL:  connection to client lost";

/// What the server logs of its own vacuum when something else needs the table.
const VACUUM_GIVES_WAY: &str = "ERROR:  canceling autovacuum task";

/// A running server. Dropping it ends it and removes its data.
pub struct Database(Server);

impl Database {
    /// Starts a server on an empty directory.
    pub fn start() -> Self {
        let settings = Settings::new().durable();
        let database =
            Self(Server::start(&AS_BY_DEFAULT.into_iter().fold(settings, Settings::line)));
        if database.file_system() == "tmpfs" {
            eprintln!("WARNING: PostgreSQL is on a tmpfs, where syncing costs nothing; set TMPDIR");
        }
        database
    }

    /// A URL with a schema of its own, in which there is nothing yet.
    pub fn new_schema(&self) -> Schema {
        let url = self.0.new_schema();
        let name = url.rsplit("%3D").next().unwrap_or_default().to_owned();
        Schema { url, name }
    }

    /// Carries out SQL in a schema, as the role that owns it.
    pub fn run(&self, schema: &Schema, sql: &str) -> Outcome<Vec<String>> {
        let name = &schema.name;
        self.query(&format!("SET search_path = {name}; SET ROLE ringbook; {sql}"))
    }

    fn query(&self, sql: &str) -> Outcome<Vec<String>> {
        self.0.try_query(sql).during(sql)
    }

    /// Does what the server itself would do some time after much was written, so that it does not
    /// do it in the middle of what is measured.
    pub fn tidy(&self) -> Outcome<()> {
        self.query("VACUUM (ANALYZE)")?;
        self.checkpoint()
    }

    /// Has everything written to the files that is only in the log so far.
    pub fn checkpoint(&self) -> Outcome<()> {
        self.query("CHECKPOINT")?;
        Ok(())
    }

    /// Bytes of a schema's tables with their indexes.
    pub fn size(&self, schema: &Schema) -> Outcome<f64> {
        let of_tables = "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class \
                         WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace";
        let told = self.run(schema, of_tables)?;
        let bytes: u64 = told.first().ok_or("no size")?.parse().during("reading a size")?;
        Ok(real(bytes))
    }

    /// The process that all others of the server are children of.
    pub fn pid(&self) -> Outcome<u32> {
        let file = self.0.directory().join("data/postmaster.pid");
        let text = fs::read_to_string(&file).during(file.display())?;
        text.lines().next().unwrap_or_default().trim().parse().during(file.display())
    }

    /// The errors in the server's log: in a benchmark there is no reason for one.
    pub fn errors(&self) -> Vec<String> {
        let is_error = |line: &&str| {
            ["ERROR:  ", "FATAL:  ", "PANIC:  "].iter().any(|level| line.contains(level))
        };
        let log = self.0.log();
        let is_harmless =
            |line: &&str| line.contains(CLIENT_ENDED) || line.contains(VACUUM_GIVES_WAY);
        let errors = log.lines().filter(is_error).filter(|line| !is_harmless(line));
        errors.map(str::to_owned).collect()
    }

    /// What the report says of it.
    pub fn facts(&self) -> Outcome<Vec<(&'static str, String)>> {
        let version = self.query("SELECT version()")?.join(" ");
        let version = version.split(" on ").next().unwrap_or_default().to_owned();
        let settings = self.query(TOLD)?.join(" ");
        Ok(vec![
            ("database", format!("{version}, on this machine, over TCP without TLS")),
            ("file system of the database", self.file_system()),
            ("its settings, which are the defaults", settings),
        ])
    }

    fn file_system(&self) -> String {
        machine::file_system(self.0.directory()).unwrap_or_else(|| "unknown".to_owned())
    }
}

/// A part of the database that has its own tables.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The URL by which a client finds its tables in it.
    pub url: String,
    name: String,
}
