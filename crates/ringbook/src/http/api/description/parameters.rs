//! What parameters of the same name have in common in all operations.

use serde_json::{Value, json};

use super::items;
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
        let name = parameter["name"].as_str().unwrap_or_default();
        let Some((_, pattern, example)) = TEXTS.iter().find(|(of, ..)| *of == name) else {
            continue;
        };
        if name == "Idempotency-Key" {
            parameter["schema"]["minLength"] = 1.into();
            parameter["schema"]["maxLength"] = 255.into();
        }
        if let Some(pattern) = pattern {
            parameter["schema"]["pattern"] = (*pattern).into();
        }
        if let Some(example) = example {
            parameter["example"] = (*example).into();
        }
    }
}

/// The names of parameters, the patterns of their texts, and examples.
const TEXTS: &[(&str, Option<&str>, Option<&str>)] = &[
    ("phone", None, Some("p1")),
    ("skill", None, Some("Sales")),
    ("change", Some("^c[1-9][0-9]{0,18}$"), Some("c1")),
    ("import", Some("^i[1-9][0-9]{0,18}$"), Some("i4")),
    ("key", Some("^k[0-9]{1,9}$"), Some("k2")),
    ("request", Some("^r[0-9a-f]{16}$"), Some("r8c3f0a917d24be65")),
    ("user_name", Some("^[A-Za-z0-9._@-]{1,64}$"), Some("acme")),
    ("number", None, Some("919876543210")),
    ("cursor", Some("^[A-Za-z0-9_-]+$"), None),
    ("Idempotency-Key", Some("^[ -~]+$"), None),
    ("Content-Digest", Some(DICTIONARY), None),
];

/// A dictionary (RFC 9651), as far as it is looked at.
const DICTIONARY: &str =
    "^([a-z*][a-z0-9_.*-]*=[!-+--~][ -+--~]*(, *[a-z*][a-z0-9_.*-]*=[!-+--~][ -+--~]*)*)?$";
