//! The native API. What is refused, and what holds for all routes alike, are tables in `refusals`
//! and `requests`; the other modules follow the tree of paths. A test runs over a store in memory;
//! one that a store could break runs over SQLite in a file and PostgreSQL.

mod account;
mod answer;
mod bulk;
mod call_log;
mod changes;
mod client_stream;
mod console;
mod described;
mod description;
mod explain;
mod guard;
mod held;
mod large;
mod long_requests;
mod lost_keys;
mod operator;
mod pages;
mod phone_manage;
mod phones;
mod rates;
mod redirects;
mod refusals;
mod replays;
mod requests;
mod retention;
mod routing;
mod secrets;
mod skills;
mod source;
mod world;
