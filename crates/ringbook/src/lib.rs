//! Ringbook: a self-hosted phone directory for contact centres.
//!
//! ```text
//! cli, http  →  service  →  store  →  directory (pure)
//! ```
//!
//! `ARCHITECTURE.md` describes the modules and their invariants.

mod change;
pub mod cli;
pub mod dialects;
pub mod http;
mod json;
pub mod metrics;
mod private;
pub mod rows;
pub mod secret;
pub mod service;
pub mod store;
pub mod sync;
mod thread;
mod time;
mod words;
