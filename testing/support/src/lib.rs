//! What the tests of the server share.
//!
//! [`InProcess`] is a server in the test's own process, over a store of a [`test_store`] and a clock
//! that the test moves. [`Home`] starts the real program, whose [`Server`] can be killed. Both are
//! called with [`Client`], and with [`Caller`] and [`Events`] over it.
// Helpers of tests, whose names say enough.
#![allow(missing_docs, clippy::new_without_default, clippy::return_self_not_must_use)]

pub mod acme;
mod agent;
mod at_once;
mod caller;
mod certificate;
mod client;
mod events;
mod follower;
mod home;
mod in_process;
mod line;
mod on_drop;
mod random;
pub mod replay;
mod scrape;
mod server;
pub mod test_store;

pub use agent::{Agent, wait_for_edits};
pub use at_once::{CALLERS, assert_once, assert_one, at_once};
pub use caller::{
    Caller, DONE, Edit, LIMIT_EXCEEDED, NOT_VALID, PATH, TAKEN, TOKEN_PATH, UNAVAILABLE,
};
pub use certificate::{Certificate, CertificateFiles};
pub use client::{Client, Reply, basic, request_text};
pub use events::{Event, Events};
pub use follower::follow_through_kills;
pub use home::{Home, Row, assert_no_secrets, fits, wait_for_text};
pub use in_process::{InProcess, block_on};
pub use line::{Line, LineState};
pub use on_drop::OnDrop;
pub use random::Random;
pub use scrape::{Scrape, serve_with_metrics};
pub use server::{DRAIN, Server};
pub use test_postgres::{until, within};
