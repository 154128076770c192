//! A sample call of an operation, for a shell, with what is required.

use serde_json::{Map, Value};

use super::operation::Operation;
use super::text::{push, text};

/// Where a server listens by default.
const SERVER: &str = "http://127.0.0.1:8080";

/// How deep the example of a body goes, as a schema may refer to itself.
const DEPTH_MAX: u32 = 4;

/// The call, for curl.
pub fn call(operation: &Operation<'_>, document: &Value) -> String {
    let credentials = match operation.security() {
        "operator" => "-H \"Authorization: Bearer $OPERATOR_KEY\"",
        "apiKey" => "-H \"apiKey: $API_KEY\"",
        _ => "-u \"$USER_NAME:$API_KEY\"",
    };
    let content = operation.json["requestBody"]["content"].as_object();
    let content = content.and_then(|content| content.iter().next());
    let method = match (operation.method.as_str(), content) {
        ("GET", None) | ("POST", Some(_)) => String::new(),
        (method, _) => format!("-X {method} "),
    };
    let target = target(operation);
    let mut call = format!("curl {credentials} {method}'{SERVER}{target}'");
    if let Some((media, content)) = content {
        let body = if media.ends_with("json") && !media.contains("ndjson") {
            format!("-d '{}'", example(&content["schema"], document, DEPTH_MAX))
        } else {
            "--data-binary @FILE".to_owned()
        };
        push(&mut call, format_args!(" \\\n  -H 'Content-Type: {media}' {body}"));
    }
    call
}

/// The path and the required parameters, filled with examples.
fn target(operation: &Operation<'_>) -> String {
    let mut path = operation.path.to_owned();
    let mut query = Vec::new();
    for parameter in operation.json["parameters"].as_array().into_iter().flatten() {
        let name = text(parameter, "/name");
        let example = parameter.get("example").or_else(|| parameter.pointer("/schema/example"));
        let example = match example {
            Some(Value::String(example)) => example.clone(),
            Some(example) => example.to_string(),
            None => name.to_uppercase(),
        };
        match text(parameter, "/in") {
            "path" => path = path.replace(&format!("{{{name}}}"), &example),
            "query" if parameter["required"] == true => query.push(format!("{name}={example}")),
            _ => {}
        }
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

/// An example of a value of this schema.
fn example(schema: &Value, document: &Value, depth: u32) -> Value {
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    if depth == 0 {
        return Value::Null;
    }
    if let Some(referred) = text(schema, "/$ref").strip_prefix('#') {
        return document
            .pointer(referred)
            .map_or(Value::Null, |schema| example(schema, document, depth));
    }
    let first = |several: &str| schema[several].as_array().and_then(|several| several.first());
    if let Some(choice) = first("enum") {
        return choice.clone();
    }
    if let Some(part) = first("allOf").or(first("oneOf")).or(first("anyOf")) {
        return example(part, document, depth);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().unwrap_or(&Value::Null),
        kind => kind,
    };
    match kind.as_str() {
        Some("object") => Value::Object(members(schema, document, depth)),
        Some("array") => Value::Array(vec![example(&schema["items"], document, depth - 1)]),
        Some("integer") => 1.into(),
        Some("boolean") => true.into(),
        _ => "…".into(),
    }
}

/// The required members of an object, or else its first one.
fn members(schema: &Value, document: &Value, depth: u32) -> Map<String, Value> {
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    let members = || schema["properties"].as_object().into_iter().flatten();
    let mut shown: Vec<_> =
        members().filter(|(name, _)| required.iter().any(|it| it == *name)).collect();
    if shown.is_empty() {
        shown.extend(members().next());
    }
    let shown =
        shown.into_iter().map(|(name, is)| (name.clone(), example(is, document, depth - 1)));
    shown.collect()
}
