//! What most handlers are made of: who calls, what is asked, and what is answered.

pub use super::access::{Caller, Full, OperatorCaller, Read};
pub use super::body::JsonBytes;
pub use super::dry_run::{DryRun, OrDryRun};
pub use super::field::{Faults, Field, Others};
pub(crate) use super::parameter::parameters;
pub use super::path::Path;
pub use super::problem::{Problem, Problems};
pub use super::query::Query;
pub use super::reply::{Answer, Reply};
pub use super::write::{Deleted, Prepared, Write};
