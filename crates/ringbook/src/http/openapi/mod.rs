//! The description of both APIs: `/openapi.json` for programs, `/docs` for people.
//!
//! It is made from the attributes of the handlers, at the first request for it. The page loads
//! nothing from elsewhere, so it can be read without internet. `/docs/phone-manage-v2.md` is the
//! contract.

mod page;

use std::sync::{Arc, LazyLock};

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
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

/// The content security policy: nothing but the page's style and its script, which is named by its
/// hash.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let script = STANDARD.encode(Sha256::digest(page::SCRIPT));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src";
    HeaderValue::try_from(format!("{policy} 'sha256-{script}'")).expect("it is ASCII")
});

/// The routes of the page and of the contract, to which it leads.
pub fn page_routes() -> Router<Arc<Service>> {
    let contract = || answer("text/plain; charset=utf-8", page::CONTRACT.into());
    Router::new()
        .route("/docs", get(async || answer("text/html; charset=utf-8", PAGE.clone())))
        .route("/docs/phone-manage-v2.md", get(async move || contract()))
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
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        // The next version of the program may have another description.
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (CONTENT_SECURITY_POLICY, POLICY.clone()),
    ];
    let log = RequestLog { outcome: "done", account: None };
    (headers, Extension(log), Body::from(body)).into_response()
}
