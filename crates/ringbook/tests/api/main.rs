//! The native API, route by route: a module for each branch of the tree of paths. A test runs over
//! a store in memory; one that a store could break runs over SQLite in a file and PostgreSQL.

mod account;
mod bulk;
mod changes;
mod description;
mod explain;
mod operator;
mod phone_manage;
mod phones;
mod requests;
mod retention;
mod skills;
mod world;
