//! The connections to the database, and what is known of its being there.
//!
//! Nothing here waits without a limit. When the database does not answer, it counts as away:
//! whoever asks is told so at once, nobody queues up, and a task tries until it answers again.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use tokio::sync::watch;
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

/// How long to wait before asking again whether the database is there.
const PROBE_PAUSE: Duration = Duration::from_millis(100);

/// The connections, and whether there is somebody at the other end.
pub struct Link {
    pool: Pool,
    connector: Connector,
    /// Why the database is away, if it is.
    away: watch::Sender<Option<Arc<str>>>,
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
        let link = Arc::new(Self { pool, connector, away: watch::Sender::new(None) });
        let first = link.client(Instant::now() + FIRST_TIMEOUT).await;
        drop(first.map_err(Fault::into_store_error)?);
        tokio::spawn(Self::watch_over(Arc::downgrade(&link), link.away.subscribe()));
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
            // Closed, and not returned to the pool.
            drop(Object::take(client));
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
            Err(Fault::Lost(_)) if Instant::now() < deadline => {
                self.is_back(deadline).await;
            }
            result => return result.map_err(Fault::into_store_error),
        }
        self.run(deadline, work).await.map_err(Fault::into_store_error)
    }

    /// Waits until the database is there, or `deadline`.
    pub async fn is_back(&self, deadline: Instant) -> bool {
        let mut away = self.away.subscribe();
        timeout_at(deadline, away.wait_for(Option::is_none)).await.is_ok_and(|there| there.is_ok())
    }

    /// Notes that the database is away, if that is what the fault says. The connections that are
    /// idle are closed, as they lead to the same place.
    fn note(&self, fault: &Fault) {
        let (Fault::Lost(why) | Fault::Elsewhere(why)) = fault else { return };
        let is_new = self.away.send_if_modified(|away| {
            let is_new = away.is_none();
            away.get_or_insert_with(|| why.as_str().into());
            is_new
        });
        if is_new {
            self.pool.retain(|_, _| false);
        }
    }

    /// Whenever the database is away, tries to connect until it lets us in.
    async fn watch_over(link: std::sync::Weak<Self>, mut away: watch::Receiver<Option<Arc<str>>>) {
        while away.wait_for(Option::is_some).await.is_ok() {
            let since = Instant::now();
            let why = away.borrow().as_deref().unwrap_or_default().to_owned();
            let mut is_told = false;
            loop {
                let Some(link) = link.upgrade() else { return };
                match timeout(CONNECT_TIMEOUT, link.connector.connect(InBackground)).await {
                    Ok(Ok(_)) => {
                        link.away.send_replace(None);
                        break;
                    }
                    // One connection that breaks is nothing to report.
                    _ if !is_told => {
                        tracing::error!(%why, "the database does not answer");
                        is_told = true;
                    }
                    _ => {}
                }
                drop(link);
                sleep(PROBE_PAUSE).await;
            }
            if is_told {
                let away_ms = since.elapsed().as_millis();
                tracing::info!(%away_ms, "the database answers again");
            }
        }
    }
}
