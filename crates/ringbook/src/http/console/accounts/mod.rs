//! `/console/accounts`: all accounts, for operators.

pub mod add;
pub mod edit;
pub mod list;

pub const PATH: &str = "/console/accounts";

/// Where the API has them.
const API_PATH: &str = "/v1/operator/accounts";
