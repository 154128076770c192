//! The tables that a copy takes, and what an engine does with them.

use crate::store::StoreError;

/// A table that both engines have. On SQLite `change` is a view of `change_group`.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, those of the key first.
    pub columns: &'static [(&'static str, Type)],
    /// How many columns its key has.
    pub key: usize,
    /// Rows to read and write at a time: a few MB.
    pub page_rows: usize,
}

/// The type of a column.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// 64 bits, signed.
    Integer,
    /// UTF-8.
    Text,
    /// Bytes.
    Blob,
}

/// A value in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// The values of a row, in the order of the table's columns.
pub type Row = Vec<Value>;

use Type::{Blob, Integer, Text};

/// All tables, in the order in which they are copied.
pub const TABLES: [Table; 9] = [
    table(
        "account",
        1,
        &[
            ("id", Integer),
            ("user_name", Text),
            ("api_key_sha256", Blob),
            ("api_authentication", Text),
            ("phone_number_limit", Integer),
            ("token_sha256", Blob),
            ("token_expires_us", Integer),
            ("tokens_issued_us", Text),
        ],
    ),
    table(
        "account_version",
        1,
        &[
            ("account_id", Integer),
            ("version", Integer),
            ("next_phone_id", Integer),
            ("next_skill_id", Integer),
        ],
    ),
    table("skill", 2, &[("account_id", Integer), ("id", Integer), ("name", Text)]),
    table(
        "phone",
        2,
        &[
            ("account_id", Integer),
            ("id", Integer),
            ("number", Text),
            ("name", Text),
            ("skills", Text),
        ],
    ),
    table(
        "change",
        2,
        &[
            ("account_id", Integer),
            ("version", Integer),
            ("at_us", Integer),
            ("request_id", Integer),
            ("source", Text),
            ("kind", Text),
            ("subject_id", Integer),
            ("delta", Text),
        ],
    ),
    table(
        "api_key",
        2,
        &[
            ("account_id", Integer),
            ("id", Integer),
            ("name", Text),
            ("scope", Text),
            ("sha256", Blob),
            ("created_us", Integer),
            ("expires_us", Integer),
        ],
    ),
    table("key_use", 2, &[("account_id", Integer), ("key_id", Integer), ("used_us", Integer)]),
    table(
        "operator_key",
        1,
        &[("name", Text), ("sha256", Blob), ("created_us", Integer), ("expires_us", Integer)],
    ),
    // Answers may be long.
    Table {
        page_rows: 1000,
        ..table(
            "idempotency_record",
            2,
            &[
                ("account_id", Integer),
                ("key_sha256", Blob),
                ("request_sha256", Blob),
                ("at_us", Integer),
                ("answer", Blob),
            ],
        )
    },
];

/// A table with short rows.
const fn table(name: &'static str, key: usize, columns: &'static [(&'static str, Type)]) -> Table {
    Table { name, columns, key, page_rows: 10_000 }
}

impl Table {
    /// The names of its columns, with commas between.
    pub fn column_names(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| *name).collect();
        names.join(", ")
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
