//! The context of a request, and the middleware that completes its response.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use directory::AccountId;

use super::code::Code;
use super::digest;
use super::problem::Problem;
use crate::http::cors::is_forged;
use crate::http::quota::headers;
use crate::http::request::request_id;
use crate::http::{AllowedOrigin, RequestLog};
use crate::service::Quota;

/// What a request's handler notes for its response: an extension of the request.
#[derive(Debug, Clone, Default)]
pub struct RequestContext(Arc<Noted>);

#[derive(Debug, Default)]
struct Noted {
    account: OnceLock<AccountId>,
    quotas: OnceLock<Vec<Quota>>,
}

impl RequestContext {
    /// Notes the account that the request is about.
    pub fn set_account(&self, id: AccountId) {
        let _ = self.0.account.set(id);
    }

    /// Notes the rate limits that count the request.
    pub fn set_quotas(&self, quotas: Vec<Quota>) {
        let _ = self.0.quotas.set(quotas);
    }
}

const CROSS_ORIGIN: &str = "a page of another origin sent this: if it may, start the server with \
                            --cors-origin and its origin";

/// Refuses what a page of another site may have sent, checks a `Content-Digest`, renders problems,
/// which contain the request's id, tells what is left of rate limits, and notes the account for the
/// log.
pub async fn complete(
    State(origins): State<Arc<[AllowedOrigin]>>,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    let id = request_id(request.extensions());
    let method = request.method().clone();
    let context = RequestContext::default();
    request.extensions_mut().insert(context.clone());
    let is_forged = is_forged(&method, request.headers(), &origins);
    let mut response = match digest::checked(request) {
        _ if is_forged => Problem::new(Code::CrossOrigin, CROSS_ORIGIN).into_response(),
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.render(id);
    } else if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        // The router adds the header `Allow`.
        let detail = format!("{method} is not allowed here");
        response = Problem::new(Code::MethodNotAllowed, detail).render(id);
    }
    response.headers_mut().extend(context.0.quotas.get().map_or(Vec::new(), |all| headers(all)));
    let done = RequestLog { outcome: "done", account: None };
    let log = response.extensions_mut().get_or_insert(done);
    log.account = context.0.account.get().copied();
    response
}
