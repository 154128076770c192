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
mod rings;

use directory::{Phones, Skills};

pub use bulk::write_row;
pub use file::{File, Row};
pub use plan::{AtMost, Options, Plan, PlanFault, Refused, Step, plan};
pub use rings::RingOrder;

/// A directory as it is. Positions in ring orders may be any that rise with them.
#[derive(Default)]
pub struct Current {
    /// The skills.
    pub skills: Skills,
    /// The phones, with these skills.
    pub phones: Phones,
}
