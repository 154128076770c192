//! The stores, and a place for one of each.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringbook::store::{self, Creates, Location, Migrates, Store};
use rusqlite::Connection;
use tempfile::TempDir;
use test_postgres::Server;

use super::replay::columns;

/// Statements by which the changes of a store in a file can be written one by one.
const CHANGES_AS_ROWS: &str = include_str!("changes_as_rows.sqlite.sql");

/// Where a new store is made, and gone with all its files when dropped.
pub struct TestStore {
    location: Location,
    /// Where a PostgreSQL client finds the tables, where they are in a schema there.
    url: String,
    directory: TempDir,
}

/// A store that keeps nothing.
pub fn memory() -> TestStore {
    TestStore::new(Location::Memory, tempfile::tempdir().unwrap())
}

/// A store in a file.
pub fn sqlite() -> TestStore {
    let directory = tempfile::tempdir().unwrap();
    TestStore::new(Location::Sqlite(directory.path().join("ringbook.db")), directory)
}

/// A store in a schema of its own, on the server that all tests share.
pub fn postgres() -> TestStore {
    let url = Server::shared().new_schema();
    let test_store = TestStore::new(url.parse().unwrap(), tempfile::tempdir().unwrap());
    TestStore { url, ..test_store }
}

impl TestStore {
    fn new(location: Location, directory: TempDir) -> Self {
        Self { location, url: String::new(), directory }
    }

    /// Opens the store: another handle on the same one if it is kept, and a new one if not.
    pub fn open(&self) -> Arc<dyn Store> {
        store::open(&self.location, Creates::Yes, Migrates::Yes).unwrap()
    }

    /// The URL of the schema on the server that all tests share.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The schema's name there.
    pub fn schema(&self) -> &str {
        let (_, schema) = self.url.split_once("search_path%3D").expect("the URL of a schema");
        schema
    }

    /// A place for another store of the same kind.
    pub fn another(&self) -> Self {
        match self.location {
            Location::Memory => memory(),
            Location::Sqlite(_) => sqlite(),
            Location::Postgres(_) => postgres(),
        }
    }

    /// Whether the store is kept.
    pub fn is_kept(&self) -> bool {
        self.location != Location::Memory
    }

    /// Whether the history of an account is found without reading the others'.
    pub fn finds_history_by_account(&self) -> bool {
        matches!(self.location, Location::Postgres(_))
    }

    /// The directory that it is in, if it is in a file.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A file beside the store.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The rows of a query past everything of ours, as any SQL tool prints them: columns with
    /// ` | ` between.
    pub fn query(&self, sql: &str) -> Vec<String> {
        if let Location::Postgres(_) = self.location {
            return Server::shared().query(&format!("SET search_path = {}; {sql}", self.schema()));
        }
        sqlite_rows(&self.connection(), sql)
    }

    /// Carries out statements past everything of ours.
    pub fn execute(&self, sql: &str) {
        if let Location::Postgres(_) = self.location {
            self.query(sql);
            return;
        }
        let connection = self.connection();
        connection.execute_batch(CHANGES_AS_ROWS).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    /// Whether the engine refuses statements.
    pub fn refuses(&self, sql: &str) -> bool {
        if let Location::Postgres(_) = self.location {
            let sql = format!("SET search_path = {}; {sql}", self.schema());
            return Server::shared().try_query(&sql).is_err();
        }
        self.connection().execute_batch(sql).is_err()
    }

    /// Statements by which an account gets an id that does not fit.
    pub fn account_gets_id(&self, user_name: &str, id: i64) -> String {
        let without_check = match self.location {
            Location::Postgres(_) => "ALTER TABLE account DROP CONSTRAINT account_id_has_31_bits",
            _ => "PRAGMA ignore_check_constraints = ON",
        };
        format!(
            "{without_check}; UPDATE account_version SET account_id = {id} \
             WHERE account_id = (SELECT id FROM account WHERE user_name = '{user_name}'); \
             UPDATE account SET id = {id} WHERE user_name = '{user_name}'"
        )
    }

    /// Statements by which the next account gets an id that does not fit.
    pub fn next_account_gets_id(&self, id: i64) -> String {
        let before = id - 1;
        match self.location {
            Location::Postgres(_) => format!(
                "ALTER SEQUENCE account_id_seq NO MAXVALUE; \
                 SELECT setval('account_id_seq', {before})"
            ),
            _ => format!("UPDATE sqlite_sequence SET seq = {before} WHERE name = 'account'"),
        }
    }

    /// Where the store is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// A statement that drops the engine's own second line of defence, where it has one.
    pub fn without_defence(&self) -> &'static str {
        match self.location {
            Location::Postgres(_) => {
                "ALTER TABLE phone DROP CONSTRAINT phone_number, DROP CONSTRAINT phone_name"
            }
            _ => "",
        }
    }

    /// A statement that makes a phone past everything of ours.
    pub fn phone_of(&self, account: u32) -> String {
        let (columns, key) = match self.location {
            Location::Postgres(_) => ("account_id, id", format!("{account}, 1")),
            _ => ("key", format!("({account} << 32) + 1")),
        };
        format!(
            "INSERT INTO phone ({columns}, number, name, skills, version) VALUES ({key}, '333', 'Noor', '{{}}', 1)"
        )
    }

    /// The rows of a query, each cut into its columns.
    pub fn rows<const COLUMNS: usize>(&self, sql: &str) -> Vec<[String; COLUMNS]> {
        columns(self.query(sql)).collect()
    }

    /// SQLite's own connection, past everything of ours.
    pub fn connection(&self) -> Connection {
        match &self.location {
            Location::Sqlite(file) => Connection::open(file).unwrap(),
            _ => panic!("nobody else can read a store in memory"),
        }
    }
}

/// The rows of a query, with ` | ` between columns.
pub fn sqlite_rows(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let cells = (0..columns).map(|column| Ok(text(&row.get(column)?)));
        Ok(cells.collect::<rusqlite::Result<Vec<_>>>()?.join(" | "))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn text(value: &rusqlite::types::Value) -> String {
    use rusqlite::types::Value;
    match value {
        Value::Null => "NULL".into(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => value.to_string(),
        Value::Text(value) => value.clone(),
        Value::Blob(value) => format!("{} bytes", value.len()),
    }
}
