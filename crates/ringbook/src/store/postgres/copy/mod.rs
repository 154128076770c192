//! All rows of a database, and an empty one filled with rows, each in one transaction.

mod read;
mod write;

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::Client;

use self::read::page;
use self::write::write;
use super::connect::{Connector, InBackground};
use super::fault::Fault;
use super::read::BEGIN;
use super::url::PostgresUrl;
use super::{Creates, Migrates};
use crate::store::StoreError;
use crate::store::copy::{COUNT, Key, Rows, Source, Table, Target};

/// How long a page may take. A server that is busy with its disk may take its time.
const PAGE_TIMEOUT: Duration = Duration::from_mins(1);

/// A connection with an open transaction. When it is dropped, the transaction is rolled back.
pub struct PostgresCopy {
    client: Client,
    _connection: JoinHandle<()>,
    runtime: Runtime,
}

impl PostgresCopy {
    /// A store to read as it is now.
    pub fn source(url: &PostgresUrl, migrates: Migrates) -> Result<Self, StoreError> {
        Self::open(url, Creates::No, migrates, BEGIN)
    }

    /// A store to fill. Whoever would make an account in it meanwhile has to wait.
    pub fn target(url: &PostgresUrl, migrates: Migrates) -> Result<Self, StoreError> {
        let begin = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '10min'; \
                     LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE";
        Self::open(url, Creates::Yes, migrates, begin)
    }

    fn open(
        url: &PostgresUrl,
        creates: Creates,
        migrates: Migrates,
        begin: &str,
    ) -> Result<Self, StoreError> {
        // The schema is looked at by what looks at it always.
        drop(super::PostgresStore::open(url, creates, migrates)?);
        let runtime = super::build(&mut Builder::new_current_thread())?;
        let connector = Connector::new(url.clone())?;
        let (client, connection) = runtime.block_on(within(async {
            let (client, connection) = connector.connect(InBackground).await?;
            client.batch_execute(begin).await?;
            Ok((client, connection))
        }))?;
        Ok(Self { client, _connection: connection, runtime })
    }
}

async fn within<T>(work: impl Future<Output = Result<T, Fault>>) -> Result<T, StoreError> {
    let done = timeout(PAGE_TIMEOUT, work).await;
    done.unwrap_or_else(|_| Err(Fault::Lost("no answer in time".into())))
        .map_err(Fault::into_store_error)
}

impl Source for PostgresCopy {
    fn count(&mut self) -> Result<u64, StoreError> {
        self.runtime.block_on(within(async {
            let row = self.client.query_one(COUNT, &[]).await?;
            Ok(row.try_get::<_, i64>(0)?.cast_unsigned())
        }))
    }

    fn page(&mut self, table: Table, after: &Key) -> Result<(Rows, Option<Key>), StoreError> {
        self.runtime.block_on(within(page(&self.client, table, after)))
    }
}

impl Target for PostgresCopy {
    fn write(&mut self, rows: &Rows) -> Result<(), StoreError> {
        self.runtime.block_on(within(write(&self.client, rows)))
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        // No account gets the id of one that was deleted: the history still speaks of that one.
        let sql = "SELECT setval(pg_get_serial_sequence('account', 'id'), \
                   greatest(max(account_id), 1), max(account_id) IS NOT NULL) FROM \
                   (SELECT account_id FROM change UNION ALL SELECT account_id FROM idempotency_record) \
                   AS named; \
                   COMMIT; ANALYZE account, account_version, skill, phone, change, \
                   api_key, key_use, operator_key, idempotency_record";
        self.runtime.block_on(within(async { Ok(self.client.batch_execute(sql).await?) }))
    }
}
