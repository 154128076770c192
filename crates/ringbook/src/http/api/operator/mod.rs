//! `/v1/operator`: all accounts, for those who run the server.

pub mod item;
pub mod list;
