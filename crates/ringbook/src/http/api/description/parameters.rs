//! What parameters of the same name have in common in all operations.

use serde_json::{Value, json};

use super::{extend, items};
use crate::http::api::digest::CONTENT_DIGEST;

/// Describes the header of a body, and adds limits and examples to the parameters of an operation.
pub fn describe(operation: &mut Value) {
    if operation["requestBody"].is_object() {
        let digest = serde_json::to_value(CONTENT_DIGEST.describe()).expect("it is plain data");
        match &mut operation["parameters"] {
            Value::Array(parameters) => parameters.push(digest),
            none => *none = json!([digest]),
        }
    }
    for parameter in items(operation, "parameters") {
        let (limits, example) = limits(parameter["name"].as_str().unwrap_or_default());
        extend(&mut parameter["schema"], &limits);
        if !example.is_null() {
            parameter["example"] = example;
        }
    }
}

/// The limits of a parameter's text, and an example.
fn limits(name: &str) -> (Value, Value) {
    match name {
        "phone" => (json!({}), json!("p1")),
        "skill" => (json!({}), json!("Sales")),
        "change" => (json!({"pattern": "^c[1-9][0-9]{0,18}$"}), json!("c1")),
        "import" => (json!({"pattern": "^i[1-9][0-9]{0,18}$"}), json!("i4")),
        "key" => (json!({"pattern": "^k[0-9]{1,9}$"}), json!("k2")),
        "request" => (json!({"pattern": "^r[0-9a-f]{16}$"}), json!("r8c3f0a917d24be65")),
        "user_name" => (json!({"pattern": "^[A-Za-z0-9._@-]{1,64}$"}), json!("acme")),
        "number" => (json!({}), json!("919876543210")),
        "cursor" => (json!({"pattern": "^[A-Za-z0-9_-]+$"}), Value::Null),
        "Idempotency-Key" => {
            (json!({"minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}), Value::Null)
        }
        _ => (json!({}), Value::Null),
    }
}
