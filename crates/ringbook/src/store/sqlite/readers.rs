//! The pool of connections that read.

use std::ops::Deref;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

/// The pool. Its lock is never held across IO.
pub struct Readers {
    free: Mutex<Vec<Connection>>,
    returned: Condvar,
}

/// A connection of the pool, which returns when this is dropped.
pub struct Reader<'p> {
    pool: &'p Readers,
    /// None only while it is dropped.
    connection: Option<Connection>,
}

impl Readers {
    pub fn new(connections: Vec<Connection>) -> Self {
        Self { free: Mutex::new(connections), returned: Condvar::new() }
    }

    /// Takes a connection, the one whose cache is the warmest, or waits until one returns.
    pub fn take(&self) -> Reader<'_> {
        let waited = self.returned.wait_while(self.free(), |free| free.is_empty());
        let connection = waited.unwrap_or_else(PoisonError::into_inner).pop();
        Reader { pool: self, connection }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("there until this is dropped")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.pool.free().extend(self.connection.take());
        self.pool.returned.notify_one();
    }
}
