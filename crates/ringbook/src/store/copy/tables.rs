//! The tables that a copy takes, and what an engine does with them.

use crate::store::StoreError;

/// A table that both engines have. On SQLite `change` is a view of `change_group`.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns of its key, with commas between.
    pub key: &'static str,
    /// The other columns.
    others: &'static str,
    /// Rows to read and write at a time: a few MB.
    pub page_rows: usize,
}

/// A value in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// The values of a row, those of the key first.
pub type Row = Vec<Value>;

/// All tables, in the order in which they are copied.
pub const TABLES: [Table; 12] = [
    table(
        "account",
        "id",
        "user_name, api_key_sha256, api_authentication, phone_number_limit, token_sha256, \
         token_expires_us, tokens_issued_us",
    ),
    table(
        "account_version",
        "account_id",
        "version, next_phone_id, next_skill_id, settings_version",
    ),
    table("skill", "account_id, id", "name, version"),
    table("phone", "account_id, id", "number, name, skills, version"),
    table("routing", "account_id, subject", "settings, version"),
    table(
        "change",
        "account_id, version",
        "at_us, request_id, source, kind, subject_id, delta, import_id",
    ),
    table(
        "import",
        "account_id, id",
        "begun_us, request_id, source, mode, state, row_count, done, unchanged, refused, stopped",
    ),
    table("api_key", "account_id, id", "name, scope, sha256, created_us, expires_us"),
    table("key_use", "account_id, key_id", "used_us"),
    table("operator_key", "name", "sha256, created_us, expires_us"),
    table(
        "session",
        "sha256",
        "account_id, key_name, key_sha256, created_us, expires_us, source, user_agent",
    ),
    Table {
        // Answers may be long.
        page_rows: 1000,
        ..table("idempotency_record", "account_id, key_sha256", "request_sha256, at_us, answer")
    },
];

/// A table with short rows.
const fn table(name: &'static str, key: &'static str, others: &'static str) -> Table {
    Table { name, key, others, page_rows: 10_000 }
}

impl Table {
    /// All columns, with commas between.
    pub fn columns(&self) -> String {
        format!("{}, {}", self.key, self.others)
    }

    /// How many columns the key has.
    pub fn key_columns(&self) -> usize {
        self.key.split(", ").count()
    }
}

/// A query for the number of rows in all tables.
pub fn count_sql() -> String {
    let counts = TABLES.each_ref().map(|table| format!("(SELECT count(*) FROM {})", table.name));
    format!("SELECT {}", counts.join(" + "))
}

/// A consumer of pages of rows.
pub type EachPage<'e> = dyn FnMut(Vec<Row>) -> Result<(), StoreError> + 'e;

/// A store to read rows from, all as of one moment.
pub trait Source {
    /// How many rows all tables have.
    fn count(&mut self) -> Result<u64, StoreError>;

    /// Passes all rows of a table to `each_page`, at most `page_rows` at a time.
    fn read(&mut self, table: &Table, each_page: &mut EachPage<'_>) -> Result<(), StoreError>;
}

/// An empty store to fill. Dropped before it is finished, it is empty again.
pub trait Target: Source {
    /// Inserts rows into a table.
    fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), StoreError>;

    /// Makes the rows visible to others.
    fn finish(self: Box<Self>) -> Result<(), StoreError>;
}
