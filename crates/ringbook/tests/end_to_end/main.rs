//! The real program, from outside: servers that are killed, starved, raced and told to stop, and
//! the command line beside them.

mod backup;
mod command_line;
mod demo;
mod full_disk;
mod kill;
mod logs;
mod metrics;
mod races;
mod shutdown;
mod slow_clients;
mod startup;
mod support;
mod two_processes;
