//! The native API, `/v1`: JSON over the same service as everything else (`docs/api.md`).
//!
//! A folder for each branch of the tree of paths. Credentials are read in `access`, what changes
//! something goes through `write`, and whatever goes wrong is a `problem` with a `code`.

mod access;
mod body;
mod bulk;
mod code;
mod cursor;
mod exports;
mod field;
mod phones;
mod problem;
mod query;
mod refusal;
mod reply;
mod skills;
mod write;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ALLOW, HeaderValue};
use axum::http::{Method, Response, StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use directory::AccountId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use utoipa_axum::router::OpenApiRouter;

use crate::http::Told;
use crate::service::Service;
use crate::store::RequestId;
use code::Code;
use problem::Problem;

/// The routes, with what describes them.
pub fn described_routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .merge(phones::routes())
        .merge(skills::routes())
        .merge(bulk::routes())
        .merge(exports::routes())
}

/// The routes.
pub fn routes() -> Router<Arc<Service>> {
    let (router, _) = described_routes().split_for_parts();
    let v1 = router
        .route("/v1", axum::routing::any(no_such_path))
        .route("/v1/{*path}", axum::routing::any(no_such_path));
    v1.layer(from_fn(stamp))
}

/// A text as a segment of a path.
fn path_segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

async fn no_such_path(uri: Uri) -> Problem {
    Problem::new(Code::NoSuchPath, format!("{}: there is nothing here", uri.path()))
}

/// The account that a request turns out to be of, for the log.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<OnceLock<AccountId>>);

/// Renders problems, which have the request's id in them, and tells the log of the account.
async fn stamp(mut request: Request, next: Next) -> Response<Body> {
    let id = request.extensions().get::<RequestId>().copied();
    let id = id.expect("the server gives each request an id");
    let method = request.method().clone();
    let seen = Seen::default();
    request.extensions_mut().insert(seen.clone());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.render(id);
    } else if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response = other_method(&method, &response).render(id);
    }
    let told =
        response.extensions_mut().get_or_insert_with(|| Told { outcome: "done", account: None });
    told.account = seen.0.get().copied();
    response
}

fn other_method(method: &Method, response: &Response<Body>) -> Problem {
    let allow = response.headers().get(ALLOW).cloned();
    Problem::method_not_allowed(method.as_str(), allow.unwrap_or(HeaderValue::from_static("")))
}
