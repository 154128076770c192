//! A running server.

mod life;
mod standby;

use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use postgres::{Config, Error, NoTls, SimpleQueryMessage, SimpleQueryRow};

use crate::certificate::Certificate;
use crate::home::Home;
use crate::settings::Settings;
pub(crate) use life::free_port;

/// How long a connection of the superuser may take.
const CONNECT_DEADLINE: Duration = Duration::from_secs(30);

/// A server with a database `ringbook`, which a role `ringbook` owns. When this is dropped, or the
/// process ends, the server ends and its data are removed.
pub struct Server {
    /// The process that all others of the server are children of, while it runs.
    postmaster: Option<Child>,
    port: u16,
    /// How many schemas were made.
    schemas: AtomicU32,
    /// Last, so that it is removed after the server has ended.
    home: Home,
}

impl Server {
    /// Sets up a server and waits until it accepts connections.
    pub fn start(settings: &Settings) -> Self {
        let home = Home::new();
        let data = home.data();
        let data = data.to_str().expect("the path of a temporary directory is UTF-8");
        let arguments = [
            ["--pgdata", data],
            ["--username", "postgres"],
            ["--locale", "C"],
            ["--encoding", "UTF8"],
            // Until the rules are written.
            ["--auth", "reject"],
            ["--no-sync", "--no-instructions"],
        ];
        home.run("initdb", &arguments.concat());
        let written = std::fs::read_to_string(home.data().join("postgresql.conf")).unwrap();
        home.write("postgresql.conf", &(written + &settings.postgresql_conf()));
        home.write("pg_hba.conf", &settings.pg_hba_conf());
        if settings.has_tls {
            let Certificate { authority, own, key } = Certificate::new();
            let files = [("ca.pem", authority), ("server.pem", own), ("server.key", key)];
            for (name, text) in files {
                home.write(name, &text);
            }
        }
        let server = Self::launch(home);
        let password = settings.password.as_ref().map(|password| {
            let quoted = password.replace('\'', "''");
            format!("PASSWORD '{quoted}'")
        });
        let role = format!("CREATE ROLE ringbook LOGIN {}", password.unwrap_or_default());
        for sql in [&role, "CREATE DATABASE ringbook OWNER ringbook"] {
            server.ask("postgres", sql).unwrap_or_else(|error| panic!("{error}"));
        }
        server
    }

    /// The one server for all tests of a process that leave it as it is. It has many connections
    /// and does not wait for the disk.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&Settings::shared()))
    }

    /// The port on 127.0.0.1, the same for as long as the server is there.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the role `ringbook` finds its database. A password is not in it.
    pub fn url(&self) -> String {
        format!("postgres://ringbook@127.0.0.1:{}/ringbook", self.port)
    }

    /// Makes a schema that the role `ringbook` owns, and returns a URL such that everything
    /// happens in it.
    pub fn new_schema(&self) -> String {
        let number = self.schemas.fetch_add(1, Ordering::Relaxed) + 1;
        // With the port, because a standby may become a server that makes schemas of its own.
        let name = format!("test_{}_{number}", self.port);
        self.query(&format!("CREATE SCHEMA {name} AUTHORIZATION ringbook"));
        format!("{}?options=-csearch_path%3D{name}", self.url())
    }

    /// What the superuser gets in the database `ringbook`: a text a row, in it the columns with
    /// ` | ` between them, NULL as NULL.
    #[track_caller]
    pub fn query(&self, sql: &str) -> Vec<String> {
        self.try_query(sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// As [`Server::query`], for what may fail: then the text begins with the SQLSTATE, if the
    /// server had a say in it.
    pub fn try_query(&self, sql: &str) -> Result<Vec<String>, String> {
        self.ask("ringbook", sql)
    }

    /// How many connections the role `ringbook` has.
    pub fn backends(&self) -> usize {
        self.query("SELECT pid FROM pg_stat_activity WHERE usename = 'ringbook'").len()
    }

    /// The certificate of the authority that has signed the server's, in PEM.
    pub fn ca_file(&self) -> PathBuf {
        let path = self.home.data().join("ca.pem");
        assert!(path.exists(), "the server was set up without TLS");
        path
    }

    /// The directory with all that the server has.
    pub fn directory(&self) -> &Path {
        self.home.path()
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        self.home.log()
    }

    /// Asks over the socket, in a thread of its own: the client has a runtime in it, and panics in
    /// a test that has one itself.
    fn ask(&self, database: &str, sql: &str) -> Result<Vec<String>, String> {
        let mut config = Config::new();
        config.host_path(self.home.path()).port(self.port).user("postgres").dbname(database);
        config.connect_timeout(CONNECT_DEADLINE);
        let ask = || config.connect(NoTls)?.simple_query(sql);
        let asked = thread::scope(|scope| scope.spawn(ask).join().unwrap());
        let messages = asked.map_err(|error| describe(&error))?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(text(row)),
            _ => None,
        });
        Ok(rows.collect())
    }
}

fn text(row: &SimpleQueryRow) -> String {
    let columns = (0..row.len()).map(|column| row.get(column).unwrap_or("NULL"));
    columns.collect::<Vec<_>>().join(" | ")
}

fn describe(error: &Error) -> String {
    match error.as_db_error() {
        Some(output) => format!("{}: {}", output.code().code(), output.message()),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("The log of the server on port {}:\n{}", self.port, self.log());
        }
        // Not in an orderly way: nobody needs what it has, and it may be frozen.
        self.end_if_running();
    }
}
