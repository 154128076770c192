//! Several nodes over PostgreSQL: raced, killed, cut off, and with a database that fails.

mod balancer;
mod bounded;
mod coherence;
mod command_line;
mod editor;
mod failover;
mod feed;
mod gate;
mod in_doubt;
mod kill;
mod load;
mod metrics;
mod network;
mod nodes;
mod revert;
mod routing;
mod secrets;
mod stream;

pub use nodes::Cluster;
