//! Whether connections are sessions of their own, in a database that can hold all names.
//!
//! Settings, prepared statements and `LISTEN` belong to a session. A pooler in transaction mode gives
//! a connection another session for each transaction: settings are lost, and a statement of another
//! client may have the name of ours.

use tokio::try_join;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::connect::{Connector, drive_in_background};
use super::fault::Fault;
use crate::secret;
use crate::store::StoreError;

/// How often the sessions are compared, in case other clients of a pooler interfere.
const ROUNDS: usize = 3;

/// The setting that marks a session.
const MARK: &str = "ringbook.session";

/// Fails with [`StoreError::Unsuitable`] if the database is not suitable.
pub async fn check(connector: &Connector) -> Result<(), Fault> {
    let connect = || connector.connect(drive_in_background);
    let ((mut idle, _), (mut busy, _)) = try_join!(connect(), connect())?;
    let unsuitable = |reason| {
        let store = connector.url().to_string();
        Fault::Store(StoreError::Unsuitable { store, reason })
    };
    let encoding = row(&idle, "SHOW server_encoding").await?;
    if encoding.first().is_some_and(|encoding| encoding != "UTF8") {
        return Err(unsuitable(format!(
            "its encoding is {}, which does not have all characters: create one with \
             `CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0`",
            encoding[0]
        )));
    }
    // Only statements without a name are sent until this is certain.
    for _ in 0..ROUNDS {
        let (of_idle, of_busy) = (mark(&idle).await?, mark(&busy).await?);
        // One of them holds its session, and a pooler has to choose one for the other.
        busy.batch_execute("BEGIN").await?;
        let found = (read(&idle).await?, read(&busy).await?);
        busy.batch_execute("COMMIT").await?;
        if found != (of_idle, of_busy) {
            return Err(unsuitable(
                "a connection pooler gives each transaction another session: choose session mode, \
                 in PgBouncer `pool_mode = session`, or connect to PostgreSQL itself"
                    .into(),
            ));
        }
        std::mem::swap(&mut idle, &mut busy);
    }
    Ok(())
}

/// Marks a session; returns the mark and the session's process.
async fn mark(client: &Client) -> Result<Vec<String>, Fault> {
    let mark = u64::from_be_bytes(secret::random());
    row(client, &format!("SELECT set_config('{MARK}', '{mark:x}', false), pg_backend_pid()")).await
}

/// The mark and the process of a session.
async fn read(client: &Client) -> Result<Vec<String>, Fault> {
    row(client, &format!("SELECT current_setting('{MARK}', true), pg_backend_pid()")).await
}

/// The row of a query, empty text for NULL.
async fn row(client: &Client, sql: &str) -> Result<Vec<String>, Fault> {
    let messages = client.simple_query(sql).await?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let texts = |row: &tokio_postgres::SimpleQueryRow| {
        (0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect()
    };
    Ok(row.map(texts).unwrap_or_default())
}
