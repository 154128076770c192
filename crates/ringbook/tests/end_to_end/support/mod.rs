//! What the tests share: a home with a store in it, servers, callers.

mod agent;
mod caller;
mod client;
mod home;
mod random;
mod scrape;
mod server;
mod wait;

pub use agent::Agent;
pub use caller::{Caller, DONE, LIMIT_EXCEEDED, NOT_VALID, PATH, TAKEN, UNAVAILABLE};
pub use client::{Client, Reply};
pub use home::{Home, Row, wait_for_text};
pub use random::Random;
pub use scrape::{Scrape, serve_with_metrics};
pub use server::Server;
pub use wait::until;
