//! What dialects are written with.

pub use axum::http::StatusCode;
pub use directory::routing::{Dialect as Of, Mode, RingingPhone};

pub use super::answer::Answer;
pub use super::asked::Asked;
pub use super::dialect::{ANY, Asks, Dialect, Form, NoTemplate, Ring, ask};
pub use super::list::{Addresses, Limits, List, push_encoded, push_number, push_xml};
