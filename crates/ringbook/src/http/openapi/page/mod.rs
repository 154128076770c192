//! `/docs`: the document as one page of HTML, without scripts.

mod describe;
mod operation;
mod sample;
mod schema;
mod text;

use std::collections::BTreeMap;

use serde_json::Value;

use self::describe::describe_operation;
use self::operation::{Operation, Tag, tags};
use self::schema::describe_schemas;
use self::text::{escaped, paragraphs, push, text};
use crate::http::api::problem_codes;

const STYLE: &str = include_str!("page.css");

/// Renders a document.
pub fn render(document: &[u8]) -> String {
    let document: Value = serde_json::from_slice(document).expect("the document is JSON");
    let mut out = String::with_capacity(256 * 1024);
    let title = escaped(text(&document, "/info/title"));
    out.push_str("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    push(&mut out, format_args!("<title>{title}</title><style>{STYLE}</style></head><body>"));
    let tags = tags(&document);
    push(&mut out, format_args!("<main><h1>{title}</h1>"));
    out.push_str("<p class=\"narrow\"><a href=\"#contents\">contents</a></p>");
    paragraphs(&mut out, text(&document, "/info/description"));
    for (tag, operations) in &tags {
        push(&mut out, format_args!("<h2 id=\"tag-{0}\">{0}</h2>", escaped(&tag.name)));
        paragraphs(&mut out, &tag.description);
        for operation in operations {
            describe_operation(&mut out, operation, &document);
        }
    }
    describe_schemas(&mut out, &document);
    problems(&mut out);
    out.push_str("</main>");
    contents(&mut out, &tags);
    out.push_str("</body></html>\n");
    out
}

fn contents(out: &mut String, tags: &BTreeMap<Tag, Vec<Operation<'_>>>) {
    out.push_str("<nav id=\"contents\">");
    for (tag, operations) in tags {
        push(out, format_args!("<a class=\"tag\" href=\"#tag-{0}\">{0}</a>", tag.name));
        for operation in operations {
            let (id, summary) =
                (text(operation.json, "/operationId"), text(operation.json, "/summary"));
            push(out, format_args!("<a href=\"#op-{id}\">{}</a>", escaped(summary)));
        }
    }
    out.push_str("<a class=\"tag\" href=\"#schemas\">schemas</a>");
    out.push_str("<a class=\"tag\" href=\"#problems\">problems</a></nav>");
}

/// The codes of problems: the targets of their `type`s.
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
