//! The real program, from outside: servers that are killed, starved, raced and told to stop, and
//! the command line beside them.

mod backup;
mod bulk_import;
// Kamailio and SIPp, and where they are bound, as Linux tells.
#[cfg(target_os = "linux")]
mod calls;
mod cluster;
mod command_line;
mod configuration;
mod connections;
mod copy;
mod cors;
mod demo;
mod erase;
mod feed;
mod full_disk;
mod kill;
mod limits;
mod logs;
mod metrics;
mod output_files;
mod races;
mod read_only;
mod shutdown;
mod slow_clients;
mod spreadsheet;
mod startup;
mod taken_files;
mod tls;
mod two_processes;
