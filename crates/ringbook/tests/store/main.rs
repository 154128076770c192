//! What every store does alike, as one suite over `dyn Store`.
//!
//! Each case says which stores it runs on; [`test_store`] makes them. [`book`] is the account that a store
//! must have after each commit, and [`model`] compares the directory on each store with what the rules
//! decide. [`deltas`] and [`locations`] need no store, [`checkpoints`], [`opening`], [`power_cut`] and
//! [`versions`] are about files only, [`groups`] and [`indexing`] about the history in SQLite's file, and [`database`]
//! about what only PostgreSQL has.

/// Makes a test of a case on each of these stores. A case is a function of a `&Place`.
macro_rules! on {
    ($($store:ident)+: $case:ident) => {
        mod $case {
            $(#[test]
            fn $store() {
                super::$case(&crate::test_store::$store());
            })+
        }
    };
}

mod accounts;
mod backup;
mod book;
mod calls;
mod catch_up;
mod checkpoints;
mod clock;
mod commits;
mod copy;
mod damage;
mod database;
mod deltas;
mod erase;
mod groups;
mod history;
mod idempotency;
mod ids;
mod imports;
mod indexing;
mod keys;
mod locations;
mod model;
mod opening;
mod power_cut;
mod prune;
mod routing;
mod sessions;
mod shared;
mod tables;
mod versions;

use test_support::test_store;
