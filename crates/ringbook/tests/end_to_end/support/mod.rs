//! What the tests share: a home with a store in it, servers, callers.

mod agent;
mod at_once;
mod caller;
mod certificate;
mod client;
mod home;
mod random;
mod scrape;
mod server;

pub use agent::Agent;
pub use at_once::{CALLERS, assert_once, assert_one, at_once};
pub use caller::{Caller, DONE, LIMIT_EXCEEDED, NOT_VALID, PATH, TAKEN, UNAVAILABLE};
pub use certificate::{Certificate, CertificateFiles};
pub use client::{Client, Reply};
pub use home::{Home, Row, wait_for_text};
pub use random::Random;
pub use scrape::{Scrape, serve_with_metrics};
pub use server::Server;
pub use test_postgres::until;
