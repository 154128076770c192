//! Moving a directory: from one store to another, and from one version of Ringbook to the next.

mod copy;
mod previous;
#[allow(dead_code, unused_imports)] // Of what tests of the real program need, these need some.
#[path = "../end_to_end/support/mod.rs"]
mod support;
mod upgrade;
