//! What can be asked for: the document's operations, by what they are about.

use std::collections::BTreeMap;

use serde_json::Value;

use super::sample;
use super::schema::{kind, required_mark};
use super::text::{escaped, inline, paragraphs, push, text};
use crate::http::api::PROBLEM_JSON;

/// What operations are about.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    place: usize,
    pub name: String,
    pub description: String,
}

/// A method of a path.
pub struct Operation<'d> {
    pub path: &'d str,
    pub method: String,
    pub is: &'d Value,
}

impl Operation<'_> {
    /// The scheme of the credentials that it needs, by its name in the document.
    pub fn security(&self) -> &str {
        let schemes = self.is.pointer("/security/0").and_then(Value::as_object);
        schemes.and_then(|schemes| schemes.keys().next()).map_or("", String::as_str)
    }
}

/// The operations by tag, in the document's order of tags.
pub fn tags(document: &Value) -> BTreeMap<Tag, Vec<Operation<'_>>> {
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

/// What an operation takes and answers.
pub fn describe_operation(out: &mut String, operation: &Operation<'_>, document: &Value) {
    let is = operation.is;
    let (id, summary) = (text(is, "/operationId"), inline(text(is, "/summary")));
    push(out, format_args!("<section id=\"op-{id}\"><h3>{summary}</h3>"));
    let path = escaped(operation.path);
    push(out, format_args!("<p class=\"path\"><b>{}</b> {path}</p>", operation.method));
    paragraphs(out, text(is, "/description"));
    let scheme = &document["components"]["securitySchemes"][operation.security()];
    push(out, format_args!("<p>Credentials: {}.</p>", inline(text(scheme, "/description"))));
    push(out, format_args!("<pre>{}</pre>", escaped(&sample::call(operation, document))));
    describe_parameters(out, is["parameters"].as_array().map_or(&[], Vec::as_slice));
    for (media, content) in is["requestBody"]["content"].as_object().into_iter().flatten() {
        let kind = kind(&content["schema"]);
        push(out, format_args!("<p>Body: <code>{media}</code> {kind}</p>"));
    }
    out.push_str("<table><tr><th>answer</th><th></th></tr>");
    let answers = is["responses"].as_object().into_iter().flatten();
    // Every route of the native API has the same problems, so they are told once for all.
    let (problems, answers): (Vec<_>, Vec<_>) =
        answers.partition(|(_, answer)| answer["content"][PROBLEM_JSON].is_object());
    for (status, answer) in answers {
        describe_answer(out, status, answer);
    }
    if !problems.is_empty() {
        out.push_str("<tr><td>otherwise</td><td>a <a href=\"#problems\">problem</a></td></tr>");
    }
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
        let mark = required_mark(parameter["required"] == true);
        push(out, format_args!("<tr><td><code>{name}</code>{mark}</td><td>{place}</td>"));
        push(out, format_args!("<td>{about} <i>{kind}</i></td></tr>"));
    }
    out.push_str("</table>");
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
