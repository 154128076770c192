//! The document's schemas.

use serde_json::Value;

use super::text::{escaped, inline, paragraphs, push, text};

/// All schemas, each with a heading that others link to.
pub fn describe_schemas(out: &mut String, document: &Value) {
    out.push_str("<h2 id=\"schemas\">schemas</h2>");
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    for (name, schema) in schemas {
        push(out, format_args!("<section id=\"schema-{name}\"><h3>{name}</h3>"));
        describe_schema(out, schema);
        out.push_str("</section>");
    }
}

/// Describes a schema and what it is composed of.
fn describe_schema(out: &mut String, schema: &Value) {
    paragraphs(out, text(schema, "/description"));
    if !text(schema, "/$ref").is_empty() {
        push(out, format_args!("<p>All that {} has.</p>", kind(schema)));
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        describe_schema(out, part);
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[several].as_array() {
            push(out, format_args!("<p>{}:</p><ul>", kinds(choices)));
            for choice in choices.iter().filter(|choice| choice["properties"].is_object()) {
                out.push_str("<li>");
                describe_schema(out, choice);
                out.push_str("</li>");
            }
            out.push_str("</ul>");
        }
    }
    if schema["enum"].is_array() || schema["type"] == "string" {
        push(out, format_args!("<p>{}</p>", kind(schema)));
    }
    describe_properties(out, schema);
}

fn describe_properties(out: &mut String, schema: &Value) {
    let Some(properties) = schema["properties"].as_object() else { return };
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    out.push_str("<table>");
    for (field, is) in properties {
        let (about, kind) = (inline(text(is, "/description")), kind(is));
        let mark = required_mark(required.iter().any(|name| name == field));
        push(out, format_args!("<tr><td><code>{field}</code>{mark}</td>"));
        push(out, format_args!("<td>{about} <i>{kind}</i></td></tr>"));
    }
    out.push_str("</table>");
}

/// The mark behind the name of something required.
pub fn required_mark(is_required: bool) -> &'static str {
    if is_required { " <b title=\"required\">*</b>" } else { "" }
}

/// The type of a schema, in a few words.
pub fn kind(schema: &Value) -> String {
    if let Some(name) = text(schema, "/$ref").rsplit('/').next().filter(|name| !name.is_empty()) {
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    if let Some(choices) = schema["enum"].as_array() {
        let choices: Vec<_> = choices.iter().map(|one| escaped(&one.to_string())).collect();
        return choices.join(" or ");
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[several].as_array() {
            return kinds(choices);
        }
    }
    if schema["type"] == "array" {
        return format!("list of {}", kind(&schema["items"]));
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => {
            let kinds: Vec<_> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.join(" or ")
        }
        kind => kind.as_str().unwrap_or_default().to_owned(),
    };
    match text(schema, "/format") {
        "" => kind,
        format => format!("{kind} ({format})"),
    }
}

fn kinds(choices: &[Value]) -> String {
    let kinds: Vec<_> = choices.iter().map(kind).collect();
    kinds.join(" or ")
}
