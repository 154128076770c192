//! The command line, by itself and beside a server.

mod accounts;
mod export;
mod import;
mod keys;
mod output;
mod phones;
mod skills;
