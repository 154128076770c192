//! A sample call of an operation, for a shell, with what is required.

use serde_json::{Map, Value};

use super::operation::Operation;
use super::text::{items, members, text};
use crate::http::source::DEFAULT_ADDRESS;

/// How deep the example of a body goes, as a schema may refer to itself.
const DEPTH_MAX: u32 = 4;

/// The call, for curl.
pub fn call(operation: &Operation<'_>, document: &Value) -> String {
    let credentials = match operation.security() {
        "operator" => "-H \"Authorization: Bearer $OPERATOR_KEY\"",
        "apiKey" => "-H \"apiKey: $API_KEY\"",
        _ => "-u \"$USER_NAME:$API_KEY\"",
    };
    let content = members(&operation.json["requestBody"]["content"]).next();
    let method = match (operation.method.as_str(), content) {
        ("GET", None) | ("POST", Some(_)) => String::new(),
        (method, _) => format!("-X {method} "),
    };
    let target = target(operation);
    let call = format!("curl {credentials} {method}'{DEFAULT_ADDRESS}{target}'");
    let Some((media, content)) = content else { return call };
    let body = match text(content, "/example") {
        "" if media == "application/json" => {
            format!("-d '{}'", example(&content["schema"], document, DEPTH_MAX))
        }
        "" => "--data-binary @FILE".to_owned(),
        file => format!("--data-binary '{file}'"),
    };
    format!("{call} \\\n  -H 'Content-Type: {media}' {body}")
}

/// The path and the required parameters, filled with examples.
fn target(operation: &Operation<'_>) -> String {
    let mut path = operation.path.to_owned();
    let mut query = Vec::new();
    for parameter in items(operation.json, "parameters") {
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
    if let Some(pointer) = text(schema, "/$ref").strip_prefix('#') {
        let schema = document.pointer(pointer);
        return schema.map_or(Value::Null, |schema| example(schema, document, depth));
    }
    if let Some(choice) = schema.pointer("/enum/0") {
        return choice.clone();
    }
    let parts = ["/allOf/0", "/oneOf/0", "/anyOf/0"];
    if let Some(part) = parts.iter().find_map(|part| schema.pointer(part)) {
        return example(part, document, depth);
    }
    match schema["type"].as_str().unwrap_or_else(|| text(schema, "/type/0")) {
        "object" => Value::Object(example_members(schema, document, depth)),
        "array" => Value::Array(vec![example(&schema["items"], document, depth - 1)]),
        "integer" => 1.into(),
        "boolean" => true.into(),
        _ => "…".into(),
    }
}

/// The required members of an object, or else its first one.
fn example_members(schema: &Value, document: &Value, depth: u32) -> Map<String, Value> {
    let required = items(schema, "required");
    let members = || members(&schema["properties"]);
    let mut shown: Vec<_> =
        members().filter(|(name, _)| required.iter().any(|it| it == *name)).collect();
    if shown.is_empty() {
        shown.extend(members().next());
    }
    let example = |(name, is): (&String, _)| (name.clone(), example(is, document, depth - 1));
    shown.into_iter().map(example).collect()
}
