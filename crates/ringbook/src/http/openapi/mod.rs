//! The description of both APIs: `/openapi.json` for programs, `/docs` for people.
//!
//! It is made from the attributes of the handlers, at the first request for it. The page loads
//! nothing from elsewhere, so it can be read without internet. `/docs/phone-manage-v2.md` is the
//! contract.

mod page;

use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use utoipa::OpenApi as _;
use utoipa::openapi::Server;

use super::source::{DEFAULT_ADDRESS, asked_address};
use super::{RequestLog, api, phone_manage};
use crate::service::Service;

/// The document.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// The page.
static PAGE: LazyLock<String> = LazyLock::new(|| page::render(DOCUMENT.as_bytes()));

/// The route of the document.
pub fn routes() -> Router<Arc<Service>> {
    let document = async |asked: Request| answer("application/json", named(&asked, &DOCUMENT));
    Router::new().route("/openapi.json", get(document))
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
    let page = async |asked: Request| answer("text/html; charset=utf-8", named(&asked, &PAGE));
    let contract = async || answer("text/plain; charset=utf-8", page::CONTRACT);
    Router::new().route("/docs", get(page)).route("/docs/phone-manage-v2.md", get(contract))
}

/// The description of both APIs, in `OpenAPI` 3.1.
fn document() -> Value {
    let mut document = api::document();
    document.merge(phone_manage::Described::openapi());
    document.servers = Some(vec![Server::new(DEFAULT_ADDRESS)]);
    let mut document = serde_json::to_value(document).expect("the document is plain data");
    api::complete(&mut document);
    document
}

/// A text in which the server has the address that a request was sent to.
fn named(asked: &Request, text: &str) -> String {
    text.replace(DEFAULT_ADDRESS, &asked_address(asked.extensions(), asked.headers()))
}

fn answer(kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        // The next version of the program may have another description.
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (CONTENT_SECURITY_POLICY, POLICY.clone()),
    ];
    let log = RequestLog { outcome: "done", account: None };
    (headers, Extension(log), body.into()).into_response()
}
