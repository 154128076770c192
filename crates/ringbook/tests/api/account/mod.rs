//! `/v1/account`

mod key;
mod keys;
mod profile;
mod rotate;
