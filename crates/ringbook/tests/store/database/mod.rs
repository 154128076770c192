//! What only PostgreSQL has: connecting to it, losing the connection, and what others do to the
//! database.

mod constraints;
mod hosts;
mod lost_replies;
mod notifications;
mod opening;
mod outage;
mod passwords;
mod sessions;

use std::sync::Arc;

use ringbook::store::{self, Creates, Migrates, Store, StoreError};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

/// Opens the store at a URL, and creates a missing one.
fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    store::open(&url.parse().unwrap(), Creates::Yes, Migrates::Yes)
}

/// Another program's session, which may hold a transaction open.
struct Session {
    client: Client,
    runtime: Runtime,
}

impl Session {
    fn start(url: &str) -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().unwrap();
        let (client, connection) = runtime.block_on(tokio_postgres::connect(url, NoTls)).unwrap();
        runtime.spawn(connection);
        Self { client, runtime }
    }

    fn execute(&self, sql: &str) {
        self.runtime.block_on(self.client.batch_execute(sql)).unwrap();
    }
}
