//! The connection pool, and whether the database is available.
//!
//! Nothing here waits without a limit. When a connection breaks or hangs, a task probes the database
//! by connecting. If that fails, or a connection is refused, the database counts as away: callers get
//! an error at once, nobody queues, and the task probes until it is let in again.

use std::sync::{Arc, Weak};
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::connect::{Connector, drive_in_background};
use super::fault::{Fault, within};
use super::migrate::{self, FIRST_TIMEOUT};
use super::url::CONNECT_TIMEOUT;
use crate::store::{Creates, Migrates, StoreError};

/// How long a read by index may take. With the 1.2 s of a commit, a caller is answered within the two
/// seconds that are promised.
pub const READ_TIMEOUT: Duration = Duration::from_millis(700);

/// How long a page of rows may take while loading an account.
pub const PAGE_TIMEOUT: Duration = Duration::from_millis(1500);

/// How long a read of every row may take, for a list or a check.
pub const SCAN_TIMEOUT: Duration = Duration::from_mins(10);

/// How often the monitor looks whether the pool still exists.
const LEAVE_AFTER: Duration = Duration::from_secs(1);

/// How long to wait before it is tried again to open a store that was away.
const OPEN_PAUSE: Duration = Duration::from_millis(500);

/// How long to wait between two probes.
const PROBE_PAUSE: Duration = Duration::from_millis(100);

/// The connection pool, and whether the database is available.
pub struct ConnectionPool {
    pool: Pool,
    pub connector: Connector,
    /// Why the database is away, if it is.
    away: watch::Sender<Option<Arc<str>>>,
    /// A connection broke or hung: probe the database.
    probe: Notify,
}

impl ConnectionPool {
    /// A pool of a database that counts as away until it is opened.
    pub fn away(connector: Connector) -> Result<Arc<Self>, StoreError> {
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager =
            Manager::from_connect(tokio_postgres::Config::new(), connector.clone(), config);
        let pool = Pool::builder(manager)
            .max_size(connector.url().pool_connections)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Engine(error.to_string()))?;
        let away = watch::Sender::new(Some("it has not been there since the start".into()));
        Ok(Arc::new(Self { pool, connector, away, probe: Notify::new() }))
    }

    /// Opens the store: brings the schema up to date or refuses it, lets callers in, and starts the
    /// task that probes the database.
    pub async fn open(
        self: &Arc<Self>,
        creates: Creates,
        migrates: Migrates,
    ) -> Result<(), StoreError> {
        let prepared = migrate::prepare(&self.connector, creates, migrates).await;
        prepared.map_err(Fault::into_store_error)?;
        self.away.send_replace(None);
        // The first caller finds a connection.
        let first = self.client(Instant::now() + FIRST_TIMEOUT).await;
        drop(first.map_err(Fault::into_store_error)?);
        tokio::spawn(Self::monitor(Arc::downgrade(self)));
        Ok(())
    }

    /// Tries to open the store until it is open, or dropped. The log says when, and why not yet.
    pub async fn open_when_there(shared: Weak<Self>, creates: Creates, migrates: Migrates) {
        let mut logged = String::new();
        while let Some(shared) = shared.upgrade() {
            match shared.open(creates, migrates).await {
                Ok(()) => {
                    tracing::info!(store = %shared.connector.url(), "the store is open");
                    return;
                }
                Err(error) if error.to_string() == logged => {}
                Err(error) => {
                    tracing::error!(%error, "the store cannot be opened yet");
                    logged = error.to_string();
                }
            }
            drop(shared);
            sleep(OPEN_PAUSE).await;
        }
    }

    /// A connection, by `deadline`; an error at once while the database is away.
    pub async fn client(&self, deadline: Instant) -> Result<Object, Fault> {
        if let Some(why) = self.away.borrow().as_deref() {
            return Err(Fault::Elsewhere(why.to_owned()));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        // A timeout while connecting says something about the database. One while waiting for a
        // connection in use does not.
        let limits = Timeouts { wait: Some(left), create: Some(left), recycle: Some(left) };
        let client = self.pool.timeout_get(&limits).await.map_err(Fault::from);
        client.inspect_err(|fault| self.note(fault))
    }

    /// Runs `work` on a connection by `deadline`. If it fails, the connection is closed: its state
    /// is not known.
    pub async fn run<T>(
        &self,
        deadline: Instant,
        work: impl AsyncFnOnce(&mut Object) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut client = self.client(deadline).await?;
        let result = within(deadline - Instant::now(), work(&mut client)).await;
        if let Err(fault) = &result {
            let is_sound = matches!(fault, Fault::Store(_) | Fault::Conflict);
            // Roll back first, so that the locks are released before a retry.
            if !is_sound || timeout_at(deadline, client.batch_execute("ROLLBACK")).await.is_err() {
                // Closed, and not returned to the pool.
                drop(Object::take(client));
            }
            self.note(fault);
        }
        result
    }

    /// Reads within `limit`. Retries once on another connection, as an idle one may have broken.
    pub async fn read<T>(
        &self,
        limit: Duration,
        work: impl AsyncFn(&mut Object) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let deadline = Instant::now() + limit;
        let first = self.run(deadline, &work).await;
        match first {
            Err(Fault::Conflict) => {}
            Err(Fault::Lost(_)) if Instant::now() < deadline => {}
            result => return result.map_err(Fault::into_store_error),
        }
        self.run(deadline, work).await.map_err(Fault::into_store_error)
    }

    /// Waits until the database is available, or `deadline`; returns whether it is, in time.
    pub async fn is_back(&self, deadline: Instant) -> bool {
        let mut away = self.away.subscribe();
        let is_back = timeout_at(deadline, away.wait_for(Option::is_none)).await;
        is_back.is_ok_and(|there| there.is_ok()) && Instant::now() < deadline
    }

    /// Notes what a fault says about the database. If it says anything, idle connections are closed,
    /// as they may lead to the same server.
    fn note(&self, fault: &Fault) {
        match fault {
            Fault::Elsewhere(why) => {
                let is_new = self.away.send_if_modified(|away| {
                    let is_new = away.is_none();
                    away.get_or_insert_with(|| why.as_str().into());
                    is_new
                });
                if !is_new {
                    return;
                }
            }
            Fault::Lost(_) | Fault::Late => {}
            Fault::Conflict | Fault::Store(_) | Fault::InDoubt(_) => return,
        }
        self.pool.retain(|_, _| false);
        self.probe.notify_one();
    }

    /// Probes the database whenever a connection has failed, until it is let in.
    async fn monitor(shared: Weak<Self>) {
        loop {
            {
                let Some(shared) = shared.upgrade() else { return };
                // Wakes now and then to see whether the pool still exists.
                if timeout(LEAVE_AFTER, shared.probe.notified()).await.is_err() {
                    continue;
                }
            }
            let since = Instant::now();
            let mut is_logged = false;
            let mut is_first = true;
            loop {
                let Some(shared) = shared.upgrade() else { return };
                let connected = shared.connector.connect(drive_in_background);
                let why = match timeout(CONNECT_TIMEOUT, connected).await {
                    Ok(Ok(_)) => break,
                    // Whatever broke the other connections may have broken this one too.
                    Ok(Err(_)) if std::mem::take(&mut is_first) => continue,
                    Ok(Err(error)) => Fault::from(error).into_store_error().to_string(),
                    Err(_) => "it does not answer".to_owned(),
                };
                if !std::mem::replace(&mut is_logged, true) {
                    tracing::error!(%why, "the database does not answer");
                }
                shared.away.send_if_modified(|away| away.replace(why.into()).is_none());
                shared.pool.retain(|_, _| false);
                drop(shared);
                sleep(PROBE_PAUSE).await;
            }
            let Some(shared) = shared.upgrade() else { return };
            shared.away.send_if_modified(|away| away.take().is_some());
            if is_logged {
                let away_ms = since.elapsed().as_millis();
                tracing::info!(%away_ms, "the database answers again");
            }
        }
    }
}
