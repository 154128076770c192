//! What only PostgreSQL has: connecting to it, losing the connection, and what others do to the
//! database.

mod constraints;
mod hosts;
mod in_doubt;
mod lost_replies;
mod notifications;
mod opening;
mod outage;
mod passwords;
mod sessions;

use std::sync::Arc;

use ringbook::store::{self, Creates, Migrates, Store, StoreError};
use test_postgres::{Proxy, Server};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};

use crate::book::{Book, nth_phone};
use crate::test_store::{self, TestStore};

/// Opens the store at a URL, and creates a missing one.
fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    store::open(&url.parse().unwrap(), Creates::Yes, Migrates::Yes)
}

/// Opens the store at a URL, and creates an account with a phone in it. The statements of a commit
/// are prepared then, so that the next commit is all that goes over the network.
fn open_with_a_phone(url: &str) -> Book {
    let mut book = Book::new(&open(url).unwrap(), "acme");
    book.commit(vec![book.phone(1, Some(nth_phone(1)))]);
    book
}

/// A schema on the shared server, and an account in it that is reached over a proxy.
fn behind_a_proxy() -> (TestStore, Proxy, Book) {
    let test_store = test_store::postgres();
    let proxy = Proxy::start(Server::shared().port());
    let book = open_with_a_phone(&proxy.route(test_store.url()));
    (test_store, proxy, book)
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
