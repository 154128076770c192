//! One operation: its parameters, its body, its answers and a sample call.

use serde_json::Value;

use super::operation::Operation;
use super::sample;
use super::schema::{kind, required_mark};
use super::text::{escaped, inline, paragraphs, push, text};
use crate::http::api::PROBLEM_JSON;

/// What an operation takes and answers.
pub fn describe_operation(out: &mut String, operation: &Operation<'_>, document: &Value) {
    let json = operation.json;
    let (id, summary) = (text(json, "/operationId"), inline(text(json, "/summary")));
    push(out, format_args!("<section id=\"op-{id}\"><h3>{summary}</h3>"));
    let path = escaped(operation.path);
    push(out, format_args!("<p class=\"path\"><b>{}</b> {path}</p>", operation.method));
    paragraphs(out, text(json, "/description"));
    let scheme = &document["components"]["securitySchemes"][operation.security()];
    push(out, format_args!("<p>Credentials: {}.</p>", inline(text(scheme, "/description"))));
    push(out, format_args!("<pre>{}</pre>", escaped(&sample::call(operation, document))));
    describe_parameters(out, json["parameters"].as_array().map_or(&[], Vec::as_slice));
    for (media, content) in json["requestBody"]["content"].as_object().into_iter().flatten() {
        let kind = kind(&content["schema"]);
        push(out, format_args!("<p>Body: <code>{media}</code> {kind}</p>"));
    }
    out.push_str("<table><tr><th>answer</th><th></th></tr>");
    let answers = json["responses"].as_object().into_iter().flatten();
    // The problems are the same for all routes of the native API and have a section of their own.
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
        let (name, location) = (text(parameter, "/name"), text(parameter, "/in"));
        let about = inline(text(parameter, "/description"));
        let kind = kind(&parameter["schema"]);
        let mark = required_mark(parameter["required"] == true);
        push(out, format_args!("<tr><td><code>{name}</code>{mark}</td><td>{location}</td>"));
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
