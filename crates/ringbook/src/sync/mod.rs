//! What a file wants of a directory, and the plan that leads there.
//!
//! ```text
//! file + directory as it is  →  plan  →  rows of a bulk request, or any other way to carry it out
//! ```
//!
//! Pure: this module must not know where the phones come from, nor how a plan is carried out. A
//! target is what can say how a directory is and carry out a plan: the API is one.

mod bulk;
mod file;
mod matching;
mod order;
mod plan;
mod taken;

use directory::{Phones, Skills};

pub use bulk::write_row;
pub use file::{File, ReadFault, Row, read_rows};
pub use plan::{AtMost, Options, Plan, PlanFault, Refused, Step, plan};

/// A directory as it is.
#[derive(Default)]
pub struct Current {
    /// The skills.
    pub skills: Skills,
    /// The phones, with these skills.
    pub phones: Phones,
}
