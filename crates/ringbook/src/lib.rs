//! Ringbook: a self-hosted phone directory for contact centres.
//!
//! ```text
//! cli, http  →  service  →  store  →  directory (pure)
//! ```
//!
//! `ARCHITECTURE.md` has the map and what must hold.

pub mod cli;
pub mod http;
mod json;
pub mod metrics;
mod permits;
mod private;
pub mod rows;
pub mod secret;
pub mod service;
pub mod store;
mod thread;
