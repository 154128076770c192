//! Copying from a database, and to an empty one, each in one transaction.

mod value;

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::ToSql;

use super::connect::{Connector, drive_in_background};
use super::fault::{Fault, within};
use super::read::{BEGIN, all_values};
use super::url::PostgresUrl;
use crate::store::copy::tables::{EachPage, Row, Source, TABLES, Table, Target, Value, count_sql};
use crate::store::{Creates, Migrates, StoreError};

/// How long a page may take, on a server whose disk is busy.
const PAGE_TIMEOUT: Duration = Duration::from_mins(1);

/// A connection with an open transaction. Dropping it rolls the transaction back.
pub struct PostgresCopy {
    client: Client,
    _connection: JoinHandle<()>,
    runtime: Runtime,
}

impl PostgresCopy {
    /// A store to read, as of now.
    pub fn source(url: &PostgresUrl) -> Result<Self, StoreError> {
        drop(super::PostgresStore::open_read_only(url)?);
        Self::begin(&Connector::new(url.clone())?.read_only(), BEGIN)
    }

    /// A store to fill. Others cannot create an account in it meanwhile.
    pub fn target(url: &PostgresUrl, migrates: Migrates) -> Result<Self, StoreError> {
        let begin = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '10min'; \
                     LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE";
        drop(super::PostgresStore::open(url, Creates::Yes, migrates)?);
        Self::begin(&Connector::new(url.clone())?, begin)
    }

    /// Connects to a database whose schema was checked.
    fn begin(connector: &Connector, begin: &str) -> Result<Self, StoreError> {
        let runtime = super::build(&mut Builder::new_current_thread())?;
        let (client, connection) = wait(&runtime, async {
            let (client, connection) = connector.connect(drive_in_background).await?;
            client.batch_execute(begin).await?;
            Ok((client, connection))
        })?;
        Ok(Self { client, _connection: connection, runtime })
    }
}

fn wait<T>(
    runtime: &Runtime,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, StoreError> {
    runtime.block_on(within(PAGE_TIMEOUT, work)).map_err(Fault::into_store_error)
}

impl Source for PostgresCopy {
    fn count(&mut self) -> Result<u64, StoreError> {
        wait(&self.runtime, async {
            let row = self.client.query_one(&count_sql(), &[]).await?;
            Ok(row.try_get::<_, i64>(0)?.cast_unsigned())
        })
    }

    fn read(&mut self, table: &Table, each_page: &mut EachPage<'_>) -> Result<(), StoreError> {
        let mut last: Option<Row> = None;
        loop {
            let rows = wait(&self.runtime, page(&self.client, table, last.as_deref()))?;
            last = rows.last().map(|row| row[..table.key_columns()].to_vec());
            let is_last = rows.len() < table.page_rows;
            each_page(rows)?;
            if is_last {
                return Ok(());
            }
        }
    }
}

/// The rows behind a key, in its order, at most `page_rows`.
async fn page(client: &Client, table: &Table, after: Option<&[Value]>) -> Result<Vec<Row>, Fault> {
    let Table { name, key, page_rows, .. } = table;
    let values: Vec<_> = (1..=table.key_columns()).map(|place| format!("${place}")).collect();
    let condition = match after {
        Some(_) => format!("WHERE ({key}) > ({})", values.join(", ")),
        None => String::new(),
    };
    let columns = table.columns();
    let sql = format!("SELECT {columns} FROM {name} {condition} ORDER BY {key} LIMIT {page_rows}");
    let after: Vec<&(dyn ToSql + Sync)> =
        after.into_iter().flatten().map(|value| value as &(dyn ToSql + Sync)).collect();
    let found = client.query(&sql, &after).await?;
    found.iter().map(all_values).collect()
}

async fn insert(client: &Client, table: &Table, rows: &[Row]) -> Result<(), Fault> {
    let (name, columns) = (table.name, table.columns());
    let selected = client.prepare(&format!("SELECT {columns} FROM {name}")).await?;
    let types: Vec<_> = selected.columns().iter().map(|column| column.type_().clone()).collect();
    let sink = client.copy_in(&format!("COPY {name} ({columns}) FROM STDIN BINARY")).await?;
    let mut writer = std::pin::pin!(BinaryCopyInWriter::new(sink, &types));
    for row in rows {
        writer.as_mut().write_raw(row).await?;
    }
    writer.finish().await?;
    Ok(())
}

impl Target for PostgresCopy {
    fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
        wait(&self.runtime, insert(&self.client, table, rows))
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        // No new account gets the id of a deleted one, which the history still names.
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('account', 'id'), \
             greatest(max(account_id), 1), max(account_id) IS NOT NULL) FROM \
             (SELECT account_id FROM change UNION ALL SELECT account_id FROM idempotency_record) \
             AS named; \
             COMMIT; ANALYZE {}",
            TABLES.each_ref().map(|table| table.name).join(", ")
        );
        wait(&self.runtime, async { Ok(self.client.batch_execute(&sql).await?) })
    }
}
