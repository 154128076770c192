//! The command line, by itself and beside a server.

mod import;
mod keys;
mod output;
mod server;
mod sessions;
mod sync;
