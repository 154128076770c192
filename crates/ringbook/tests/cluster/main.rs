//! Several nodes over PostgreSQL: raced, killed, cut off, and with a database that fails.

mod bounded;
mod coherence;
mod command_line;
mod editor;
mod failover;
mod feed;
mod gate;
mod history;
mod in_doubt;
mod kill;
mod load;
mod metrics;
mod network;
mod nodes;
mod races;
#[path = "../store/replay.rs"]
mod replay;
mod revert;
mod secrets;
mod stream;
#[path = "../end_to_end/support/mod.rs"]
#[allow(dead_code, unused_imports)] // Other tests use the rest.
mod support;
