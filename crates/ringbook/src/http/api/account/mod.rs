//! `/v1/account`: what an account sees and sets of itself.

pub mod keys;
pub mod profile;
