//! `/docs`: the document as one page of HTML. Its script only searches.

mod contract;
mod describe;
mod operation;
mod sample;
mod schema;
mod text;

use serde_json::Value;

pub use self::contract::CONTRACT;
use self::describe::describe_operation;
use self::operation::operations;
use self::schema::describe_schema;
use self::text::{each, escaped, items, members, paragraphs, text};
use crate::http::api::problem_codes;

const STYLE: &str = include_str!("page.css");

/// The only script of the page.
pub const SCRIPT: &str = include_str!("page.js");

/// The tag of the legacy API, which has a contract.
const LEGACY: &str = "PhoneManageV2";

const ABOUT_SAMPLES: &str = "The samples take credentials from the environment: the account's \
                             `userName`, one of its API keys, and a key of the operator.";

const ENVIRONMENT: &str = "export USER_NAME=demo API_KEY=KK… OPERATOR_KEY=RO…";

const ABOUT_PROBLEMS: &str = "What is not done is answered with problem details (RFC 9457), \
                              `application/problem+json`: `type`, `title`, `status`, a stable \
                              `code`, a `detail` for people, the id of the `request`, and `errors`, a \
                              list of all that is wrong at once.";

/// Renders a document.
pub fn render(document: &[u8]) -> String {
    let document: Value = serde_json::from_slice(document).expect("the document is JSON");
    let tags = items(&document, "tags");
    let title = escaped(text(&document, "/info/title"));
    let about = paragraphs(text(&document, "/info/description")) + &paragraphs(ABOUT_SAMPLES);
    let sections = each(tags, |tag| describe_tag(tag, &document));
    let schemas = each(members(&document["components"]["schemas"]), |(name, schema)| {
        let about = describe_schema(schema);
        format!(r#"<section id="schema-{name}"><h3>{name}</h3>{about}</section>"#)
    });
    let about_problems = paragraphs(ABOUT_PROBLEMS);
    let codes = each(problem_codes(), |(code, status, title)| {
        let title = escaped(title);
        format!(
            r#"<tr id="{code}"><td><code>{code}</code></td><td>{status}</td><td>{title}</td></tr>"#
        )
    });
    let contents = each(tags, |tag| list_tag(tag, &document));
    [
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">",
        r#"<meta name="viewport" content="width=device-width, initial-scale=1">"#,
        &format!("<title>{title}</title><style>{STYLE}</style></head><body>"),
        &format!("<main><h1>{title}</h1>"),
        r##"<p class="narrow"><a href="#contents">contents</a></p>"##,
        &format!("{about}<pre>{ENVIRONMENT}</pre>"),
        &format!(r#"{sections}<article id="schemas"><h2>schemas</h2>{schemas}</article>"#),
        &format!(r#"<article id="problems"><h2>problems</h2>{about_problems}"#),
        &format!(
            "<table><tr><th>code</th><th>status</th><th></th></tr>{codes}</table></article></main>"
        ),
        r#"<nav id="contents"><input type="search" placeholder="search" hidden>"#,
        &contents,
        r##"<a class="tag" href="#schemas">schemas</a>"##,
        r##"<a class="tag" href="#problems">problems</a></nav>"##,
        &format!("<script>{SCRIPT}</script></body></html>\n"),
    ]
    .concat()
}

/// A tag with all its operations.
fn describe_tag(tag: &Value, document: &Value) -> String {
    let (name, about) = (text(tag, "/name"), paragraphs(text(tag, "/description")));
    let operations = each(operations(document, name), |one| describe_operation(&one, document));
    let contract = if name == LEGACY { contract::sections() } else { String::new() };
    format!(r#"<article id="tag-{name}"><h2>{name}</h2>{about}{operations}{contract}</article>"#)
}

/// A tag in the table of contents.
fn list_tag(tag: &Value, document: &Value) -> String {
    let name = text(tag, "/name");
    let operations = each(operations(document, name), |operation| {
        let (id, summary) = (operation.text("/operationId"), escaped(operation.text("/summary")));
        format!(r##"<a href="#op-{id}">{summary}</a>"##)
    });
    let contract = if name == LEGACY { contract::contents() } else { String::new() };
    format!(r##"<a class="tag" href="#tag-{name}">{name}</a>{operations}{contract}"##)
}
