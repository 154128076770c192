//! `/v1/account`

pub mod keys;
