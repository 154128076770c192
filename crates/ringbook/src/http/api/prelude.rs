//! What most handlers use: the caller, the request and the reply.

pub use super::access::{Caller, Full, OperatorCaller, Read};
pub use super::body::Json;
pub(crate) use super::field::body;
pub use super::field::{Faults, Field, SkillNames};
pub(crate) use super::parameter::parameters;
pub use super::problem::Problem;
pub use super::query::{Path, Query};
pub use super::reply::{Answer, Reply};
pub use super::write::{Prepared, Write};
