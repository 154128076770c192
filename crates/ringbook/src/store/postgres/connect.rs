//! Connecting to the writable host, with the settings of our sessions.

use deadpool_postgres::Connect;
use futures_util::future::{BoxFuture, select_ok};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Error, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::url::PostgresUrl;
use crate::store::StoreError;

/// The settings of every session, as far as the server knows them.
///
/// A commit is on stable storage, and at the synchronous standbys, before it returns: an operator
/// may ask for more (`remote_apply`), less is overruled. A transaction whose node is gone ends soon,
/// as it locks the rows of its accounts. Plans are made once, by index: planning costs half as much as
/// executing a commit. A plan made for small tables must not scan large ones later, nor the dead rows
/// that commits leave.
const SETTINGS: &str = "\
    SELECT pg_catalog.set_config(name, value, false) \
    FROM (VALUES ('idle_in_transaction_session_timeout', '10s'), \
        ('tcp_keepalives_idle', '5'), ('tcp_keepalives_interval', '2'), \
        ('tcp_keepalives_count', '3'), ('client_connection_check_interval', '1s'), \
        ('plan_cache_mode', 'force_generic_plan'), ('enable_seqscan', 'off'), \
        ('enable_mergejoin', 'off'), ('enable_hashjoin', 'off'), \
        ('jit', 'off')) AS wanted (name, value) \
    JOIN pg_catalog.pg_settings USING (name) \
    UNION ALL \
    SELECT pg_catalog.set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')";

/// Where to, and with what encryption.
#[derive(Clone)]
pub struct Connector {
    url: PostgresUrl,
    tls: Option<MakeRustlsConnect>,
}

impl Connector {
    pub fn new(url: PostgresUrl) -> Result<Self, StoreError> {
        let tls = if url.may_encrypt() { Some(url.tls.connector()?) } else { None };
        Ok(Self { url, tls })
    }

    /// Where it leads to, without the password.
    pub fn url(&self) -> &PostgresUrl {
        &self.url
    }

    /// Connects, and passes the connection to `run`, which drives it. The password is looked up each
    /// time, so that a new one in the file needs no restart.
    pub async fn connect<T>(&self, run: impl Drive<T> + Copy) -> Result<(Client, T), Error> {
        let tries = self.url.hosts().into_iter().map(|config| Box::pin(self.try_host(config, run)));
        let ((client, driven), _) = select_ok(tries).await?;
        client.batch_execute(SETTINGS).await?;
        Ok((client, driven))
    }

    async fn try_host<T>(&self, config: Config, run: impl Drive<T>) -> Result<(Client, T), Error> {
        async fn connect<T, M>(
            config: Config,
            tls: M,
            run: impl Drive<T>,
        ) -> Result<(Client, T), Error>
        where
            M: MakeTlsConnect<Socket>,
            M::Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        {
            let (client, connection) = config.connect(tls).await?;
            Ok((client, run.drive(connection)))
        }
        match &self.tls {
            Some(tls) => connect(config, tls.clone(), run).await,
            None => connect(config, NoTls, run).await,
        }
    }
}

/// Drives a connection, which does nothing by itself.
pub trait Drive<T> {
    fn drive<S>(self, connection: Connection<Socket, S>) -> T
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static;
}

/// Drives a connection as a task until it ends.
#[derive(Clone, Copy)]
pub struct InBackground;

impl Drive<JoinHandle<()>> for InBackground {
    fn drive<S>(self, connection: Connection<Socket, S>) -> JoinHandle<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        tokio::spawn(async move {
            // The user of the client gets the error as well.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the database broke");
            }
        })
    }
}

impl Connect for Connector {
    fn connect(&self, _: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        Box::pin(Connector::connect(self, InBackground))
    }
}
