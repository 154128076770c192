//! What parameters of the same name have in common in all operations.

use serde_json::{Value, json};
use utoipa::IntoParams;

use super::items;
use super::problems::has_parameter;
use crate::http::api::digest::CONTENT_DIGEST;
use crate::http::api::write::Write;

/// Adds the parameters that all operations of a kind have, and limits and examples to all.
pub fn describe(method: &str, path: &str, operation: &mut Value) {
    let of_write = if method == "get" { Vec::new() } else { Write::into_params(|| None) };
    let of_body = operation["requestBody"].is_object().then(|| CONTENT_DIGEST.describe());
    let json = |parameter| serde_json::to_value(parameter).expect("it is plain data");
    let mut all: Vec<_> = items(operation, "parameters").map(Value::take).collect();
    for (name, about) in IN_PATHS {
        if has_parameter(path, name) && !all.iter().any(|parameter| parameter["name"] == name) {
            let text = json!({"type": "string"});
            let is = json!({"name": name, "in": "path", "required": true, "schema": text});
            all.insert(0, is);
            all[0]["description"] = about.into();
        }
    }
    let headers = all.iter().position(|one| one["in"] == "header").unwrap_or(all.len());
    all.splice(headers..headers, of_write.into_iter().map(json));
    all.extend(of_body.map(json));
    if !all.is_empty() {
        operation["parameters"] = all.into();
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

/// The names of parameters of paths, and what they are unless an operation says it.
const IN_PATHS: [(&str, &str); 6] = [
    ("phone", "Its id or its number"),
    ("skill", "Its id or its name"),
    ("change", "Its id"),
    ("import", "Its id"),
    ("key", "Its id"),
    ("user_name", "Its name"),
];

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
