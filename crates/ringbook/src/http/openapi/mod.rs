//! The description of both APIs: `/openapi.json` for programs, `/docs` for people.
//!
//! It is made from the attributes of the handlers, at the first request for it. The page loads
//! nothing from elsewhere, so it can be read without internet.

mod page;

use std::sync::{Arc, LazyLock};

use axum::body::{Body, Bytes};
use axum::http::Response;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Extension, Router};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

use super::{RequestLog, api, phone_manage};
use crate::service::Service;

/// The document.
static DOCUMENT: LazyLock<Bytes> =
    LazyLock::new(|| document().to_json().expect("the document is plain data").into());

/// The page.
static PAGE: LazyLock<Bytes> = LazyLock::new(|| page::render(&DOCUMENT).into());

/// The route of the document.
pub fn routes() -> Router<Arc<Service>> {
    Router::new().route("/openapi.json", get(async || answer("application/json", DOCUMENT.clone())))
}

/// The route of the page.
pub fn page_routes() -> Router<Arc<Service>> {
    Router::new().route("/docs", get(async || answer("text/html; charset=utf-8", PAGE.clone())))
}

/// The description of both APIs, in `OpenAPI` 3.1.
fn document() -> OpenApi {
    let mut document = api::document();
    document.merge(phone_manage::Described::openapi());
    for path in document.paths.paths.values_mut() {
        for operation in api::operations(path) {
            // The names of handlers are unique within their module only.
            operation.operation_id = operation.summary.as_deref().map(identifier);
        }
    }
    document
}

/// A summary as an identifier for any programming language.
fn identifier(summary: &str) -> String {
    let words = summary.split(|character: char| !character.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase);
    words.collect::<Vec<_>>().join("_")
}

fn answer(kind: &'static str, body: Bytes) -> Response<Body> {
    let headers = [
        (CONTENT_TYPE, kind),
        // The next version of the program may have another description.
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ];
    let log = RequestLog { outcome: "done", account: None };
    (headers, Extension(log), Body::from(body)).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::*;

    fn parsed() -> Value {
        serde_json::from_slice(&DOCUMENT).unwrap()
    }

    /// All references anywhere in a value.
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member.as_str() {
                        Some(reference) if name == "$ref" => found.push(reference),
                        _ => references(member, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn resolves_every_reference_of_the_document() {
        let document = parsed();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 50, "the references were found");
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    }

    /// The path, the method and the description of each operation.
    fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
        document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(move |(method, json)| (path, method, json))
        })
    }

    #[test]
    fn describes_no_parameter_as_nullable() {
        let document = parsed();
        let parameters: Vec<_> = operations(&document)
            .flat_map(|(.., operation)| operation["parameters"].as_array().into_iter().flatten())
            .collect();
        let headers = parameters.iter().filter(|parameter| parameter["in"] == "header").count();
        assert!(headers > 20 && parameters.len() > 50, "{headers} {}", parameters.len());
        for parameter in parameters {
            assert!(!parameter["schema"].to_string().contains("null"), "{parameter}");
        }
    }

    #[test]
    fn gives_each_operation_a_unique_name_a_summary_and_credentials() {
        let mut names = HashSet::new();
        for (path, method, operation) in operations(&parsed()) {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            assert!(name.chars().all(|one| one.is_ascii_alphanumeric() || one == '_'), "{name}");
            assert!(names.insert(name), "{method} {path} has the name of another operation");
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(operation["tags"].is_array(), "{method} {path}");
            assert!(operation["security"].is_array(), "{method} {path}");
        }
    }

    #[test]
    fn renders_every_operation_and_code_without_external_resources() {
        let (page, document) = (String::from_utf8(PAGE.to_vec()).unwrap(), parsed());
        for (path, method, _) in operations(&document) {
            let heading = format!("<b>{}</b> {path}", method.to_uppercase());
            assert!(page.contains(&heading), "{heading}");
        }
        for schema in document["components"]["schemas"].as_object().unwrap().keys() {
            let nothing = format!("<h3>{schema}</h3></section>");
            assert!(!page.contains(&nothing), "{schema} is described");
        }
        for (code, ..) in api::problem_codes() {
            assert!(page.contains(&format!("id=\"{code}\"")), "{code}");
        }
        for elsewhere in ["<script", "src=", "href=\"http", "url(", "@import"] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
    }
}
