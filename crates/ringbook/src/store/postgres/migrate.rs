//! Checking the schema, and migrating it.

use std::time::Duration;

use tokio_postgres::{Client, GenericClient};

use super::connect::{Connector, drive_in_background};
use super::fault::{Fault, within};
use super::pool::SCAN_TIMEOUT;
use super::session;
use crate::store::migrations::{SCHEMA, missing};
use crate::store::{Applied, Creates, Migrates, StoreError};

/// How long to wait for the first connection of all, and for the check of sessions.
pub const FIRST_TIMEOUT: Duration = Duration::from_secs(5);

/// Checks that connections are sessions, and brings the schema up to date or refuses one that is not.
pub async fn prepare(
    connector: &Connector,
    creates: Creates,
    migrates: Migrates,
) -> Result<(), Fault> {
    let (mut client, store) = connect(connector).await?;
    let found = within(SCAN_TIMEOUT, schema(&client, &store)).await?;
    if missing(&store, found)?.is_empty() {
        return Ok(());
    }
    match (found, creates, migrates) {
        (0, Creates::No, _) => Err(StoreError::NoStore(store).into()),
        (_, _, Migrates::No) => Err(StoreError::OlderSchema { store, found, known: SCHEMA }.into()),
        _ => within(SCAN_TIMEOUT, migrate(&mut client, &store)).await.map(drop),
    }
}

/// Brings the schema up to date; returns the migrations applied.
pub async fn apply(connector: &Connector) -> Result<Vec<Applied>, Fault> {
    let (mut client, store) = connect(connector).await?;
    within(SCAN_TIMEOUT, migrate(&mut client, &store)).await
}

/// A connection to a database that is suitable, and what the database is called.
async fn connect(connector: &Connector) -> Result<(Client, String), Fault> {
    within(FIRST_TIMEOUT, session::check(connector)).await?;
    let (client, _) = within(FIRST_TIMEOUT, connector.connect(drive_in_background)).await?;
    Ok((client, connector.url().to_string()))
}

/// The schema that is there; 0 if there is none. Refuses tables that are not ours.
async fn schema(client: &impl GenericClient, store: &str) -> Result<u32, Fault> {
    // Other programs have tables of these names too. One statement, as another node may create the
    // store in between.
    let there = "SELECT count(*) FILTER (WHERE relname = 'schema_migration' AND ( \
                     SELECT count(*) FROM pg_attribute WHERE attrelid = pg_class.oid \
                     AND attname IN ('number', 'name', 'applied_at_us')) = 3) = 1, \
                 count(*) = 0 \
                 FROM pg_class WHERE relname IN ('schema_migration', 'account', 'phone') \
                 AND pg_table_is_visible(oid)";
    let row = client.query_one(there, &[]).await?;
    let (is_ours, is_empty): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
    if !is_ours {
        return if is_empty { Ok(0) } else { Err(StoreError::NotAStore(store.to_owned()).into()) };
    }
    let newest = "SELECT coalesce(max(number), 0) FROM schema_migration";
    let found: i32 = client.query_one(newest, &[]).await?.try_get(0)?;
    Ok(found.cast_unsigned())
}

/// Applies the missing migrations in one transaction, under a lock: a second node finds them applied.
async fn migrate(client: &mut Client, store: &str) -> Result<Vec<Applied>, Fault> {
    let transaction = client.transaction().await?;
    let lock =
        "SELECT pg_advisory_xact_lock(hashtext('ringbook ' || coalesce(current_schema(), '')))";
    transaction.batch_execute(lock).await?;
    let found = schema(&transaction, store).await?;
    transaction
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS schema_migration ( \
                 number integer PRIMARY KEY, name text NOT NULL, applied_at_us bigint NOT NULL)",
        )
        .await?;
    let mut applied = Vec::new();
    for migration in missing(store, found)? {
        transaction.batch_execute(migration.postgres).await?;
        let note = "INSERT INTO schema_migration VALUES \
                    ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)";
        transaction.execute(note, &[&migration.number.cast_signed(), &migration.name]).await?;
        applied.push(migration);
    }
    transaction.commit().await?;
    Ok(applied)
}
