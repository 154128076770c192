//! The stores that every case runs over.

use std::sync::Arc;

use ringbook::store::{self, Creates, Location, Migrates, Store};
use tempfile::TempDir;
use test_postgres::Server;

/// A kind of store.
pub struct StoreKind {
    /// What the names of its tests begin with.
    pub name: &'static str,
    /// Makes a new, empty one.
    pub open: fn() -> OpenStore,
}

/// All of them. A new kind of store is one more line.
pub const STORES: &[StoreKind] = &[
    StoreKind { name: "memory", open: memory },
    StoreKind { name: "sqlite", open: sqlite },
    StoreKind { name: "postgres", open: postgres },
];

/// A store that is there for one case.
pub struct OpenStore {
    pub store: Arc<dyn Store>,
    /// What has to be there as long as the store is.
    pub folder: Option<TempDir>,
}

fn memory() -> OpenStore {
    OpenStore { store: open(&Location::Memory), folder: None }
}

fn sqlite() -> OpenStore {
    let folder = TempDir::new().expect("a temporary folder");
    let location = Location::Sqlite(folder.path().join("ringbook.db"));
    OpenStore { store: open(&location), folder: Some(folder) }
}

fn postgres() -> OpenStore {
    let location = Server::shared().new_schema().parse().expect("the URL of a store");
    OpenStore { store: open(&location), folder: None }
}

/// A store blocks, which a thread that runs tasks may do only when it says so.
fn open(location: &Location) -> Arc<dyn Store> {
    let open = || store::open(location, Creates::Yes, Migrates::Yes);
    tokio::task::block_in_place(open).expect("a new store opens")
}
