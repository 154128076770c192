//! `/console/accounts`: all accounts, for operators.

pub mod add;
pub mod edit;
pub mod list;

use serde_json::{Value, json};

use super::fields::Fields;

pub const PATH: &str = "/console/accounts";

/// Where the API has them.
const API_PATH: &str = "/v1/operator/accounts";

/// What operators set of an account.
fn settings(fields: &Fields) -> Value {
    json!({
        "api_authentication": fields.get("api_authentication"),
        "phone_number_limit": fields.number("phone_number_limit"),
    })
}
