//! The description of both APIs: `/openapi.json` for programs, `/docs` for people.
//!
//! It is made from the attributes of the handlers, at the first request for it. The page loads
//! nothing from elsewhere, so it can be read without internet.

mod page;

use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Extension, Router};
use utoipa::OpenApi as _;
use utoipa::openapi::{OpenApi, Server};

use super::source::{DEFAULT_ADDRESS, asked_address};
use super::{RequestLog, api, phone_manage};
use crate::service::Service;

/// The document.
static DOCUMENT: LazyLock<String> =
    LazyLock::new(|| document().to_json().expect("the document is plain data"));

/// The page.
static PAGE: LazyLock<String> = LazyLock::new(|| page::render(DOCUMENT.as_bytes()));

/// The route of the document.
pub fn routes() -> Router<Arc<Service>> {
    let document = async |request: Request| answer(&request, "application/json", &DOCUMENT);
    Router::new().route("/openapi.json", get(document))
}

/// The route of the page.
pub fn page_routes() -> Router<Arc<Service>> {
    let page = async |request: Request| answer(&request, "text/html; charset=utf-8", &PAGE);
    Router::new().route("/docs", get(page))
}

/// The description of both APIs, in `OpenAPI` 3.1.
fn document() -> OpenApi {
    let mut document = api::document();
    document.merge(phone_manage::Described::openapi());
    document.servers = Some(vec![Server::new(DEFAULT_ADDRESS)]);
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

/// A text, with the address that the request was sent to as that of the server.
fn answer(request: &Request, kind: &'static str, text: &str) -> Response<Body> {
    let address = asked_address(request.extensions(), request.headers());
    let body = text.replace(DEFAULT_ADDRESS, &address);
    let headers = [
        (CONTENT_TYPE, kind),
        // The next version of the program may have another description.
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ];
    let log = RequestLog { outcome: "done", account: None };
    (headers, Extension(log), Body::from(body)).into_response()
}
