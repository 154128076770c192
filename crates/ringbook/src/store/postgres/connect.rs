//! Connecting to the writable host, with the settings of our sessions.

use deadpool_postgres::Connect;
use futures_util::future::{BoxFuture, select_ok};
use tokio::task::JoinHandle;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Error, Socket};
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

/// A connection, encrypted or not as `sslmode` says.
pub type SocketConnection =
    Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// Where to, and with what encryption.
#[derive(Clone)]
pub struct Connector {
    url: PostgresUrl,
    tls: MakeRustlsConnect,
    is_read_only: bool,
}

impl Connector {
    pub fn new(url: PostgresUrl) -> Result<Self, StoreError> {
        Ok(Self { tls: url.tls.connector()?, url, is_read_only: false })
    }

    /// The same for sessions that only read, on a standby if no host accepts writes.
    pub fn read_only(self) -> Self {
        Self { is_read_only: true, ..self }
    }

    /// Where it leads to, without the password.
    pub fn url(&self) -> &PostgresUrl {
        &self.url
    }

    /// Connects, and passes the connection to `drive`: it does nothing by itself. The password is
    /// looked up each time, so that a new one in the file needs no restart.
    pub async fn connect<T>(
        &self,
        drive: impl FnOnce(SocketConnection) -> T,
    ) -> Result<(Client, T), Error> {
        let connect = async |config: Config| config.connect(self.tls.clone()).await;
        let connect_to = |attributes| {
            let hosts = self.url.hosts(attributes).into_iter();
            select_ok(hosts.map(|config| Box::pin(connect(config))))
        };
        let mut connected = connect_to(TargetSessionAttrs::ReadWrite).await;
        if self.is_read_only && connected.is_err() {
            connected = connect_to(TargetSessionAttrs::Any).await;
        }
        let ((client, connection), _) = connected?;
        let driven = drive(connection);
        client.batch_execute(SETTINGS).await?;
        if self.is_read_only {
            client.batch_execute("SET default_transaction_read_only = on").await?;
        }
        Ok((client, driven))
    }
}

/// Drives a connection as a task until it ends.
pub fn drive_in_background(connection: SocketConnection) -> JoinHandle<()> {
    tokio::spawn(async move {
        // The user of the client gets the error as well.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to the database broke");
        }
    })
}

impl Connect for Connector {
    fn connect(&self, _: &Config) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), Error>> {
        Box::pin(Connector::connect(self, drive_in_background))
    }
}
