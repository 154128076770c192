//! The command line, by itself and beside a server.

mod accounts;
mod export;
mod import;
mod output;
mod phones;
mod skills;
