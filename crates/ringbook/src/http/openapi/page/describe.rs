//! The description of an operation: its parameters, its body, its answers and a sample call.

use serde_json::Value;

use super::operation::Operation;
use super::sample;
use super::schema::{kind, required_mark};
use super::text::{each, escaped, inline, items, members, paragraphs, text};
use crate::http::api::PROBLEM_JSON;

/// What an operation takes and answers.
pub fn describe_operation(operation: &Operation<'_>, document: &Value) -> String {
    let Operation { path, method, json } = operation;
    let (id, summary) = (operation.text("/operationId"), inline(operation.text("/summary")));
    let about = paragraphs(operation.text("/description"));
    let scheme = &document["components"]["securitySchemes"][operation.security()];
    let credentials = inline(text(scheme, "/description"));
    let call = escaped(&sample::call(operation, document));
    let parameters = describe_parameters(items(json, "parameters"));
    let bodies = each(members(&json["requestBody"]["content"]), |(media, content)| {
        format!("<p>Body: <code>{media}</code> {}</p>", kind(&content["schema"]))
    });
    // The problems are the same for all routes of the native API and have a section of their own.
    let (problems, answers): (Vec<_>, Vec<_>) = members(&json["responses"])
        .partition(|(_, answer)| answer["content"][PROBLEM_JSON].is_object());
    let answers = each(answers, |(status, answer)| describe_answer(status, answer));
    let otherwise = match problems.len() {
        0 => "",
        _ => r##"<tr><td>otherwise</td><td>a <a href="#problems">problem</a></td></tr>"##,
    };
    [
        format!(r#"<section id="op-{id}"><h3>{summary}</h3>"#),
        format!(r#"<p class="path"><b>{method}</b> {}</p>{about}"#, escaped(path)),
        format!("<p>Credentials: {credentials}.</p><pre>{call}</pre>{parameters}{bodies}"),
        format!("<table><tr><th>answer</th><th></th></tr>{answers}{otherwise}</table></section>"),
    ]
    .concat()
}

fn describe_parameters(parameters: &[Value]) -> String {
    if parameters.is_empty() {
        return String::new();
    }
    let rows = each(parameters, |parameter| {
        let (name, location) = (text(parameter, "/name"), text(parameter, "/in"));
        let about = inline(text(parameter, "/description"));
        let kind = kind(&parameter["schema"]);
        let mark = required_mark(parameter["required"] == true);
        format!(
            "<tr><td><code>{name}</code>{mark}</td><td>{location}</td>\
             <td>{about} <i>{kind}</i></td></tr>"
        )
    });
    format!("<table><tr><th>parameter</th><th>in</th><th></th></tr>{rows}</table>")
}

fn describe_answer(status: &str, answer: &Value) -> String {
    let about = inline(text(answer, "/description"));
    let contents = each(members(&answer["content"]), |(media, content)| {
        format!(": <code>{media}</code> {}", kind(&content["schema"]))
    });
    format!("<tr><td>{status}</td><td>{about}{contents}</td></tr>")
}
