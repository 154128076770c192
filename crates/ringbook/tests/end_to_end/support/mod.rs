//! What the tests share: a home with a store in it, servers, callers.

mod agent;
mod at_once;
mod caller;
mod certificate;
mod client;
#[allow(dead_code)] // The tests of the native API alone read streams.
mod events;
mod follower;
mod home;
mod random;
mod scrape;
mod server;

pub use agent::Agent;
pub use at_once::{CALLERS, assert_once, assert_one, at_once};
pub use caller::{Caller, DONE, LIMIT_EXCEEDED, NOT_VALID, PATH, TAKEN, UNAVAILABLE};
pub use certificate::{Certificate, CertificateFiles};
pub use client::{Client, Reply};
#[allow(unused_imports)]
pub use events::{Event, Events, changes_path};
pub use follower::follow_through_kills;
pub use home::{Home, Row, wait_for_text};
pub use random::Random;
pub use scrape::{Scrape, serve_with_metrics};
pub use server::Server;
pub use test_postgres::until;
