//! The real program, from outside: servers that are killed, starved, raced and told to stop, and
//! the command line beside them.

mod demo;
mod kill;
mod races;
mod shutdown;
mod support;
