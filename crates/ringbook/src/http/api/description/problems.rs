//! The problems that an operation can have: its own, and those of all operations of its kind.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::operations;
use crate::http::api::code::Code;
use crate::http::api::problem::PROBLEM_JSON;

/// What every operation can answer: middleware, credentials and the store.
const ALL: &[Code] =
    &[Code::Unauthorized, Code::InvalidQuery, Code::TooManyRequests, Code::Unavailable];

/// What every write can answer.
const WRITES: &[Code] = &[
    Code::InvalidHeader,
    Code::CrossOrigin,
    Code::PreconditionFailed,
    Code::KeyReused,
    Code::AnswerErased,
    Code::OutcomeUnknown,
];

/// What every operation with a body can answer.
const BODIES: &[Code] =
    &[Code::DigestMismatch, Code::TooSlow, Code::TooLarge, Code::UnsupportedType];

/// What every operation with a parameter in its path can answer, by the name of the parameter.
const PATHS: &[(&str, Code)] = &[
    ("phone", Code::NoSuchPhone),
    ("skill", Code::NoSuchSkill),
    ("change", Code::NoSuchChange),
    ("import", Code::NoSuchImport),
    ("key", Code::NoSuchKey),
    ("user_name", Code::NoSuchAccount),
];

/// Adds the problems of an operation to its responses: the codes of each status, with what they mean.
pub fn describe(method: &str, path: &str, operation: &mut Value) {
    let mut by_status = BTreeMap::<u16, String>::new();
    let mut codes = codes(method, path, operation);
    codes.sort_by_key(|code| code.as_str());
    codes.dedup();
    for code in codes {
        let meaning = format!("`{}`: {}", code.as_str(), code.title());
        let text = by_status.entry(status(code, path)).or_default();
        *text += if text.is_empty() { "" } else { "\n\n" };
        *text += &meaning;
    }
    for (status, description) in by_status {
        operation["responses"][status.to_string()] = json!({
            "description": description,
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        });
    }
}

fn codes(method: &str, path: &str, operation: &Value) -> Vec<Code> {
    let (name, own) = operations::of(method, path).unwrap_or_default();
    let mut codes = [ALL, own].concat();
    if method != "get" {
        codes.extend(WRITES);
    } else if operation["responses"].get("304").is_some() {
        codes.push(Code::PreconditionFailed);
    }
    // A key of any scope may ask for a ring order, and the operator's have none.
    if operation["security"][0].get("account").is_some() && name != "getRingOrder" {
        codes.push(Code::WrongScope);
    }
    if path.contains('{') {
        codes.push(Code::NoSuchPath);
    }
    codes.extend(PATHS.iter().filter(|(name, _)| has_parameter(path, name)).map(|(_, code)| code));
    let content = &operation["requestBody"]["content"];
    if content.is_object() {
        codes.extend(BODIES);
    }
    if content.get("application/json").is_some() {
        codes.extend([Code::InvalidJson, Code::InvalidFields]);
    }
    if content.get("text/csv").is_some() {
        codes.push(Code::InvalidFile);
    }
    codes
}

/// The status of a code: what is not there is a fault of the body or the query where the path does not
/// name it.
fn status(code: Code, path: &str) -> u16 {
    let of_path = PATHS.iter().find(|(_, of_path)| *of_path == code);
    if of_path.is_some_and(|(name, _)| !has_parameter(path, name)) {
        return 422;
    }
    code.status().as_u16()
}

/// Whether a path has a parameter of that name.
pub fn has_parameter(path: &str, name: &str) -> bool {
    path.contains(&format!("{{{name}}}"))
}
