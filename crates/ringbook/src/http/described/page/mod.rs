//! `/docs`: the document as one page of HTML, without scripts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::http::api::{PROBLEM_JSON, problem_codes};

const STYLE: &str = include_str!("page.css");

/// The page of a document.
pub fn render(document: &[u8]) -> String {
    let document: Value = serde_json::from_slice(document).expect("the document is JSON");
    let mut out = String::with_capacity(256 * 1024);
    let title = escaped(text(&document, "/info/title"));
    out.push_str("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    push(&mut out, format_args!("<title>{title}</title><style>{STYLE}</style></head><body>"));
    let tags = tags(&document);
    contents(&mut out, &tags);
    push(&mut out, format_args!("<main><h1>{title}</h1>"));
    paragraphs(&mut out, text(&document, "/info/description"));
    for (tag, operations) in &tags {
        push(&mut out, format_args!("<h2 id=\"tag-{0}\">{0}</h2>", escaped(&tag.name)));
        paragraphs(&mut out, &tag.description);
        for operation in operations {
            describe_operation(&mut out, operation);
        }
    }
    describe_schemas(&mut out, &document);
    problems(&mut out);
    out.push_str("</main></body></html>\n");
    out
}

/// Writing to a `String` cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a String cannot fail");
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A description: paragraphs, and between backquotes, code.
fn paragraphs(out: &mut String, description: &str) {
    for paragraph in description.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        push(out, format_args!("<p>{}</p>", inline(paragraph)));
    }
}

fn inline(description: &str) -> String {
    let parts = escaped(description);
    let parts = parts.split('`').enumerate().map(|(index, part)| {
        if index % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }
    });
    parts.collect()
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Tag {
    place: usize,
    name: String,
    description: String,
}

struct Operation<'d> {
    path: &'d str,
    method: String,
    is: &'d Value,
}

/// The operations by tag, in the document's order of tags.
fn tags(document: &Value) -> BTreeMap<Tag, Vec<Operation<'_>>> {
    let mut tags = BTreeMap::<Tag, Vec<Operation<'_>>>::new();
    let known = document["tags"].as_array().map_or(&[][..], Vec::as_slice);
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let name = text(operation, "/tags/0").to_owned();
            let place = known.iter().position(|tag| tag["name"] == name.as_str());
            let description =
                place.map_or("", |place| text(&known[place], "/description")).to_owned();
            let place = place.unwrap_or(usize::MAX);
            let method = method.to_uppercase();
            let operation = Operation { path, method, is: operation };
            tags.entry(Tag { place, name, description }).or_default().push(operation);
        }
    }
    tags
}

fn describe_operation(out: &mut String, operation: &Operation<'_>) {
    let is = operation.is;
    let (id, summary) = (text(is, "/operationId"), inline(text(is, "/summary")));
    push(out, format_args!("<section id=\"op-{id}\"><h3>{summary}</h3>"));
    let path = escaped(operation.path);
    push(out, format_args!("<p class=\"path\"><b>{}</b> {path}</p>", operation.method));
    paragraphs(out, text(is, "/description"));
    describe_parameters(out, is["parameters"].as_array().map_or(&[], Vec::as_slice));
    for (media, content) in is["requestBody"]["content"].as_object().into_iter().flatten() {
        let kind = kind(&content["schema"]);
        push(out, format_args!("<p>Body: <code>{media}</code> {kind}</p>"));
    }
    out.push_str("<table><tr><th>answer</th><th></th></tr>");
    for (status, answer) in is["responses"].as_object().into_iter().flatten() {
        // Every route has the same ones, so they are told once for all.
        if !answer["content"][PROBLEM_JSON].is_object() {
            describe_answer(out, status, answer);
        }
    }
    out.push_str("<tr><td>otherwise</td><td>a <a href=\"#problems\">problem</a></td></tr>");
    out.push_str("</table></section>");
}

fn describe_parameters(out: &mut String, parameters: &[Value]) {
    if parameters.is_empty() {
        return;
    }
    out.push_str("<table><tr><th>parameter</th><th>in</th><th></th></tr>");
    for parameter in parameters {
        let (name, place) = (text(parameter, "/name"), text(parameter, "/in"));
        let about = inline(text(parameter, "/description"));
        let kind = kind(&parameter["schema"]);
        push(out, format_args!("<tr><td><code>{name}</code></td><td>{place}</td>"));
        push(out, format_args!("<td>{about} <i>{kind}</i></td></tr>"));
    }
    out.push_str("</table>");
}

fn describe_schemas(out: &mut String, document: &Value) {
    out.push_str("<h2 id=\"schemas\">schemas</h2>");
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    for (name, schema) in schemas {
        push(out, format_args!("<section id=\"schema-{name}\"><h3>{name}</h3>"));
        paragraphs(out, text(schema, "/description"));
        let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
        out.push_str("<table>");
        for (field, is) in schema["properties"].as_object().into_iter().flatten() {
            let (about, kind) = (inline(text(is, "/description")), kind(is));
            let mark = if required.iter().any(|name| name == field) { " *" } else { "" };
            push(out, format_args!("<tr><td><code>{field}</code>{mark}</td>"));
            push(out, format_args!("<td>{about} <i>{kind}</i></td></tr>"));
        }
        out.push_str("</table></section>");
    }
}

fn contents(out: &mut String, tags: &BTreeMap<Tag, Vec<Operation<'_>>>) {
    out.push_str("<nav>");
    for (tag, operations) in tags {
        push(out, format_args!("<a class=\"tag\" href=\"#tag-{0}\">{0}</a>", tag.name));
        for operation in operations {
            let (id, summary) =
                (text(operation.is, "/operationId"), text(operation.is, "/summary"));
            push(out, format_args!("<a href=\"#op-{id}\">{}</a>", escaped(summary)));
        }
    }
    out.push_str("<a class=\"tag\" href=\"#schemas\">schemas</a>");
    out.push_str("<a class=\"tag\" href=\"#problems\">problems</a></nav>");
}

fn describe_answer(out: &mut String, status: &str, answer: &Value) {
    let about = inline(text(answer, "/description"));
    push(out, format_args!("<tr><td>{status}</td><td>{about}"));
    for (media, content) in answer["content"].as_object().into_iter().flatten() {
        let kind = kind(&content["schema"]);
        push(out, format_args!(": <code>{media}</code> {kind}"));
    }
    out.push_str("</td></tr>");
}

/// What a schema takes, in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = text(schema, "/$ref").rsplit('/').next().filter(|name| !name.is_empty()) {
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    if let Some(choices) = schema["enum"].as_array() {
        let choices: Vec<_> = choices.iter().map(|one| escaped(&one.to_string())).collect();
        return choices.join(" or ");
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[several].as_array() {
            let kinds: Vec<_> = choices.iter().map(kind).collect();
            return kinds.join(" or ");
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

/// The codes of problems: where each `type` leads.
fn problems(out: &mut String) {
    out.push_str("<h2 id=\"problems\">problems</h2>");
    let about = "What is not done is answered with problem details (RFC 9457), \
                 `application/problem+json`: `type`, `title`, `status`, a stable `code`, a \
                 `detail` for people, the `request_id`, and `errors`, a list of all that is wrong \
                 at once.";
    paragraphs(out, about);
    out.push_str("<table><tr><th>code</th><th>status</th><th></th></tr>");
    for (code, status, title) in problem_codes() {
        push(out, format_args!("<tr id=\"{code}\"><td><code>{code}</code></td>"));
        push(out, format_args!("<td>{status}</td><td>{}</td></tr>", escaped(title)));
    }
    out.push_str("</table>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_described_cannot_be_taken_for_html() {
        assert_eq!(inline("a `<b>` & \"c\""), "a <code>&lt;b&gt;</code> &amp; &quot;c&quot;");
    }
}
