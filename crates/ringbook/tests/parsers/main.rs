//! The parsers of files and requests: what they read, and what they promise for any input.

mod body;
mod corpus;
mod rows;
