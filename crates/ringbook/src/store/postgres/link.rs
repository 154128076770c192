//! The connections to the database, and what is known of its being there.
//!
//! Nothing here waits without a limit. A connection that breaks or hangs raises a doubt, and a task
//! tries whether another one can be made. If not, or when connecting is refused, the database
//! counts as away: whoever asks is told so at once, nobody queues up, and the task tries until it
//! is let in again.

use std::sync::{Arc, Weak};
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::connect::{Connector, InBackground};
use super::fault::Fault;
use crate::store::StoreError;

/// How long a host may take to let us in.
pub const CONNECT_TIMEOUT: Duration = Duration::from_millis(700);

/// How long to wait for the first connection of all.
const FIRST_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a read may take that is answered from an index. With the 1.2 s that a commit may
/// take, a caller is answered within the two seconds that are promised.
pub const READ_TIMEOUT: Duration = Duration::from_millis(700);

/// How long a page of rows may take that is read on the way to a whole account.
pub const PAGE_TIMEOUT: Duration = Duration::from_millis(1500);

/// How long a read may take that looks at every row, for a list or a check.
pub const SCAN_TIMEOUT: Duration = Duration::from_mins(10);

/// How often the task that watches over the database looks whether it is still needed.
const LEAVE_AFTER: Duration = Duration::from_secs(1);

/// How long to wait before asking again whether the database is there.
const PROBE_PAUSE: Duration = Duration::from_millis(100);

/// The connections, and whether there is somebody at the other end.
pub struct Link {
    pool: Pool,
    connector: Connector,
    /// Why the database is away, if it is.
    away: watch::Sender<Option<Arc<str>>>,
    /// A connection broke or hung, and nobody knows yet whether it was that one alone.
    doubt: Notify,
}

impl Link {
    /// Makes the pool, connects once, and starts the task that waits for the database to come
    /// back whenever it is away.
    pub async fn open(connector: Connector) -> Result<Arc<Self>, StoreError> {
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager =
            Manager::from_connect(tokio_postgres::Config::new(), connector.clone(), config);
        let pool = Pool::builder(manager)
            .max_size(connector.url().pool_connections)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Engine(error.to_string()))?;
        let away = watch::Sender::new(None);
        let link = Arc::new(Self { pool, connector, away, doubt: Notify::new() });
        let first = link.client(Instant::now() + FIRST_TIMEOUT).await;
        drop(first.map_err(Fault::into_store_error)?);
        tokio::spawn(Self::watch_over(Arc::downgrade(&link)));
        Ok(link)
    }

    /// Where connections that are not of the pool are made.
    pub fn connector(&self) -> &Connector {
        &self.connector
    }

    /// A connection, by `deadline`; at once an error while the database is away.
    pub async fn client(&self, deadline: Instant) -> Result<Object, Fault> {
        if let Some(why) = self.away.borrow().as_deref() {
            return Err(Fault::Elsewhere(why.to_owned()));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        // Of waiting for one that others use, and of connecting, only the latter says something
        // about the database.
        let limits = Timeouts { wait: Some(left), create: Some(left), recycle: Some(left) };
        let client = self.pool.timeout_get(&limits).await.map_err(Fault::from);
        client.inspect_err(|fault| self.note(fault))
    }

    /// Does something on a connection by `deadline`. A connection on which it fails is closed:
    /// what it was in the middle of is not known.
    pub async fn run<T>(
        &self,
        deadline: Instant,
        work: impl AsyncFnOnce(&mut Object) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut client = self.client(deadline).await?;
        let result = timeout_at(deadline, work(&mut client)).await;
        let result = result.unwrap_or_else(|_| Err(Fault::Lost("no answer in time".into())));
        if let Err(fault) = &result {
            let is_sound = matches!(fault, Fault::Store(_) | Fault::Conflict);
            // The server lets go of what a transaction has locked before anybody tries again.
            if !is_sound || timeout_at(deadline, client.batch_execute("ROLLBACK")).await.is_err() {
                // Closed, and not returned to the pool.
                drop(Object::take(client));
            }
            self.note(fault);
        }
        result
    }

    /// Reads, within `limit`. A connection that broke while it was idle is replaced once.
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

    /// Waits until the database is there, or `deadline`.
    pub async fn is_back(&self, deadline: Instant) -> bool {
        let mut away = self.away.subscribe();
        timeout_at(deadline, away.wait_for(Option::is_none)).await.is_ok_and(|there| there.is_ok())
    }

    /// Notes what a fault says about the database. The connections that are idle are closed where
    /// it says anything, as they may lead to the same place.
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
            Fault::Conflict | Fault::Store(_) => return,
        }
        self.pool.retain(|_, _| false);
        self.doubt.notify_one();
    }

    /// Whenever there is a doubt, tries to connect; if that fails, until it is let in.
    async fn watch_over(link: Weak<Self>) {
        loop {
            {
                let Some(link) = link.upgrade() else { return };
                // Looks now and then whether anybody needs it still.
                if timeout(LEAVE_AFTER, link.doubt.notified()).await.is_err() {
                    continue;
                }
            }
            let since = Instant::now();
            let mut is_told = false;
            let mut is_first = true;
            loop {
                let Some(link) = link.upgrade() else { return };
                let why = match timeout(CONNECT_TIMEOUT, link.connector.connect(InBackground)).await
                {
                    Ok(Ok(_)) => break,
                    // Whatever broke the other connections may have broken this one on its way.
                    Ok(Err(_)) if std::mem::take(&mut is_first) => continue,
                    Ok(Err(error)) => Fault::from(error).into_store_error().to_string(),
                    Err(_) => "it does not answer".to_owned(),
                };
                if !std::mem::replace(&mut is_told, true) {
                    tracing::error!(%why, "the database does not answer");
                }
                link.away.send_if_modified(|away| away.replace(why.into()).is_none());
                link.pool.retain(|_, _| false);
                drop(link);
                sleep(PROBE_PAUSE).await;
            }
            let Some(link) = link.upgrade() else { return };
            link.away.send_if_modified(|away| away.take().is_some());
            if is_told {
                let away_ms = since.elapsed().as_millis();
                tracing::info!(%away_ms, "the database answers again");
            }
        }
    }
}
