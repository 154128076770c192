//! The document's schemas.

use serde_json::Value;

use super::text::{each, escaped, inline, items, members, paragraphs, text};

/// The ways to compose a schema of alternatives.
const ALTERNATIVES: [&str; 2] = ["oneOf", "anyOf"];

/// Describes a schema and what it is composed of.
pub fn describe_schema(schema: &Value) -> String {
    let alternatives = ALTERNATIVES.iter().filter_map(|name| schema[name].as_array());
    let has_kind = schema["enum"].is_array() || schema["type"] == "string";
    [
        paragraphs(text(schema, "/description")),
        each(schema.get("$ref"), |_| format!("<p>All that {} has.</p>", kind(schema))),
        each(items(schema, "allOf"), describe_schema),
        each(alternatives, |choices| {
            let objects = choices.iter().filter(|choice| choice["properties"].is_object());
            let objects = each(objects, |choice| format!("<li>{}</li>", describe_schema(choice)));
            format!("<p>{}:</p><ul>{objects}</ul>", kinds(choices))
        }),
        each(has_kind.then_some(schema), |schema| format!("<p>{}</p>", kind(schema))),
        each(schema.get("properties"), |_| describe_properties(schema)),
    ]
    .concat()
}

fn describe_properties(schema: &Value) -> String {
    let required = items(schema, "required");
    let rows = each(members(&schema["properties"]), |(field, is)| {
        let (about, kind) = (inline(text(is, "/description")), kind(is));
        let mark = required_mark(required.iter().any(|name| name == field));
        format!("<tr><td><code>{field}</code>{mark}</td><td>{about} <i>{kind}</i></td></tr>")
    });
    format!("<table>{rows}</table>")
}

/// The mark behind the name of something required.
pub fn required_mark(is_required: bool) -> &'static str {
    if is_required { r#" <b title="required">*</b>"# } else { "" }
}

/// The type of a schema, in a few words.
pub fn kind(schema: &Value) -> String {
    if let Some(name) = text(schema, "/$ref").rsplit('/').next().filter(|name| !name.is_empty()) {
        return format!(r##"<a href="#schema-{name}">{name}</a>"##);
    }
    if let Some(choices) = schema["enum"].as_array() {
        let choices: Vec<_> = choices.iter().map(|one| escaped(&one.to_string())).collect();
        return choices.join(" or ");
    }
    if let Some(choices) = ALTERNATIVES.iter().find_map(|name| schema[name].as_array()) {
        return kinds(choices);
    }
    if schema["type"] == "array" {
        return format!("list of {}", kind(&schema["items"]));
    }
    let types: Vec<_> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    match (types.join(" or "), text(schema, "/format")) {
        (kind, "") => kind,
        (kind, format) => format!("{kind} ({format})"),
    }
}

fn kinds(choices: &[Value]) -> String {
    choices.iter().map(kind).collect::<Vec<_>>().join(" or ")
}
