//! What is PostgreSQL's alone: the way to it, what happens when that breaks, and what other people
//! do to a database.

mod defence;
mod doubt;
mod hosts;
mod opening;
mod passwords;
mod sessions;
mod told;
mod trouble;

use std::sync::Arc;

use ringbook::store::{self, Creates, Migrates, Store, StoreError};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

/// Opens the store at a URL, and makes it where there is none.
fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    store::open(&url.parse().unwrap(), Creates::Yes, Migrates::Yes)
}

/// Somebody else's session, with a transaction that lasts as long as it likes.
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
