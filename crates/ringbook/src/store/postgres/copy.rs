//! All rows of a database, and an empty one filled with rows, each in one transaction.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::connect::{Connector, InBackground};
use super::fault::Fault;
use super::read::{ACCOUNT_COLUMNS, BEGIN};
use super::url::PostgresUrl;
use super::{Creates, Migrates};
use crate::store::StoreError;
use crate::store::copy::{
    AccountRow, COUNT, ChangeRow, Key, PAGE_ROWS, PhoneRow, Rows, SkillRow, Source, Table, Target,
};

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

    fn page(&mut self, table: Table, after: Key) -> Result<(Rows, Option<Key>), StoreError> {
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
                   greatest(max(account_id), 1), max(account_id) IS NOT NULL) FROM change; \
                   COMMIT; ANALYZE account, account_version, skill, phone, change";
        self.runtime.block_on(within(async { Ok(self.client.batch_execute(sql).await?) }))
    }
}

async fn page(client: &Client, table: Table, after: Key) -> Result<(Rows, Option<Key>), Fault> {
    let after: [&(dyn ToSql + Sync); 3] = [&after.0, &after.1, &i64::from(PAGE_ROWS)];
    Ok(match table {
        Table::Accounts => {
            (Rows::Accounts(rows(client, ACCOUNT_COLUMNS, &[], account).await?), None)
        }
        Table::Skills => {
            let sql = "SELECT account_id, id, name FROM skill";
            (Rows::Skills(rows(client, sql, &[], skill).await?), None)
        }
        Table::Phones => {
            let sql = "SELECT account_id, id, number, name, skills FROM phone \
                 WHERE (account_id, id) > ($1, $2) ORDER BY account_id, id LIMIT $3";
            let found = rows(client, sql, &after, phone).await?;
            let last = found.last().map(|last| (last.account_id, last.id));
            (Rows::Phones(found), last)
        }
        Table::Changes => {
            let sql = "SELECT account_id, version, at_us, request_id, source, kind, subject_id, \
                 delta FROM change \
                 WHERE (account_id, version) > ($1, $2) ORDER BY account_id, version LIMIT $3";
            let found = rows(client, sql, &after, change).await?;
            let last = found.last().map(|last| (last.account_id, last.version));
            (Rows::Changes(found), last)
        }
    })
}

async fn rows<R>(
    client: &Client,
    sql: &str,
    values: &[&(dyn ToSql + Sync)],
    read: impl Fn(&Row) -> Result<R, tokio_postgres::Error>,
) -> Result<Vec<R>, Fault> {
    let found = client.query(sql, values).await?;
    Ok(found.iter().map(read).collect::<Result<_, _>>()?)
}

fn account(row: &Row) -> Result<AccountRow, tokio_postgres::Error> {
    Ok(AccountRow {
        id: row.try_get(0)?,
        user_name: row.try_get(1)?,
        api_key_sha256: row.try_get(2)?,
        api_authentication: row.try_get(3)?,
        phone_number_limit: row.try_get(4)?,
        token_sha256: row.try_get(5)?,
        token_expires_us: row.try_get(6)?,
        tokens_issued_us: row.try_get(7)?,
        version: row.try_get(8)?,
        next_phone_id: row.try_get(9)?,
        next_skill_id: row.try_get(10)?,
    })
}

fn skill(row: &Row) -> Result<SkillRow, tokio_postgres::Error> {
    Ok(SkillRow { account_id: row.try_get(0)?, id: row.try_get(1)?, name: row.try_get(2)? })
}

fn phone(row: &Row) -> Result<PhoneRow, tokio_postgres::Error> {
    Ok(PhoneRow {
        account_id: row.try_get(0)?,
        id: row.try_get(1)?,
        number: row.try_get(2)?,
        name: row.try_get(3)?,
        skills: row.try_get(4)?,
    })
}

fn change(row: &Row) -> Result<ChangeRow, tokio_postgres::Error> {
    Ok(ChangeRow {
        account_id: row.try_get(0)?,
        version: row.try_get(1)?,
        at_us: row.try_get(2)?,
        request_id: row.try_get(3)?,
        source: row.try_get(4)?,
        kind: row.try_get(5)?,
        subject_id: row.try_get(6)?,
        delta: row.try_get(7)?,
    })
}

async fn write(client: &Client, rows: &Rows) -> Result<(), Fault> {
    match rows {
        Rows::Accounts(rows) => write_accounts(client, rows).await,
        Rows::Skills(rows) => {
            let types = [Type::INT8, Type::INT8, Type::TEXT];
            let copy = "COPY skill (account_id, id, name) FROM STDIN BINARY";
            let values = rows
                .iter()
                .map(|row| -> [&(dyn ToSql + Sync); 3] { [&row.account_id, &row.id, &row.name] });
            fill(client, copy, &types, values).await
        }
        Rows::Phones(rows) => {
            let types = [Type::INT8, Type::INT8, Type::TEXT, Type::TEXT, Type::TEXT];
            let copy = "COPY phone (account_id, id, number, name, skills) FROM STDIN BINARY";
            let values = rows.iter().map(|row| -> [&(dyn ToSql + Sync); 5] {
                [&row.account_id, &row.id, &row.number, &row.name, &row.skills]
            });
            fill(client, copy, &types, values).await
        }
        Rows::Changes(rows) => {
            let types = [
                Type::INT8,
                Type::INT8,
                Type::INT8,
                Type::INT8,
                Type::TEXT,
                Type::TEXT,
                Type::INT8,
                Type::TEXT,
            ];
            let copy = "COPY change (account_id, version, at_us, request_id, source, kind, \
                 subject_id, delta) FROM STDIN BINARY";
            let values = rows.iter().map(|row| -> [&(dyn ToSql + Sync); 8] {
                [
                    &row.account_id,
                    &row.version,
                    &row.at_us,
                    &row.request_id,
                    &row.source,
                    &row.kind,
                    &row.subject_id,
                    &row.delta,
                ]
            });
            fill(client, copy, &types, values).await
        }
    }
}

async fn fill<const N: usize>(
    client: &Client,
    copy: &str,
    types: &[Type; N],
    rows: impl Iterator<Item = [&(dyn ToSql + Sync); N]>,
) -> Result<(), Fault> {
    let sink = client.copy_in(copy).await?;
    let mut writer = std::pin::pin!(BinaryCopyInWriter::new(sink, types));
    for row in rows {
        writer.as_mut().write(&row).await?;
    }
    writer.finish().await?;
    Ok(())
}

async fn write_accounts(client: &Client, rows: &[AccountRow]) -> Result<(), Fault> {
    let account = client
        .prepare(
            "INSERT INTO account (id, user_name, api_key_sha256, api_authentication, \
             phone_number_limit, token_sha256, token_expires_us, tokens_issued_us) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .await?;
    let version = client
        .prepare(
            "INSERT INTO account_version (account_id, version, next_phone_id, next_skill_id) \
             VALUES ($1, $2, $3, $4)",
        )
        .await?;
    for row in rows {
        let values: [&(dyn ToSql + Sync); 8] = [
            &row.id,
            &row.user_name,
            &row.api_key_sha256,
            &row.api_authentication,
            &row.phone_number_limit,
            &row.token_sha256,
            &row.token_expires_us,
            &row.tokens_issued_us,
        ];
        client.execute(&account, &values).await?;
        let values: [&(dyn ToSql + Sync); 4] =
            [&row.id, &row.version, &row.next_phone_id, &row.next_skill_id];
        client.execute(&version, &values).await?;
    }
    Ok(())
}
