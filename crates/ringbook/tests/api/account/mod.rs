//! `/v1/account`

pub mod key;
pub mod keys;
pub mod profile;
pub mod rotate;
