//! Moving a directory from one store to another.

mod copy;
#[allow(dead_code, unused_imports)] // Of what tests of the real program need, these need some.
#[path = "../end_to_end/support/mod.rs"]
mod support;
