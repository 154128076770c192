//! The context of a request, and the middleware that completes its response.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::middleware::Next;
use directory::AccountId;

use super::code::Code;
use super::problem::Problem;
use crate::http::RequestLog;
use crate::http::request::request_id;

/// What a request's handler notes for its response: an extension of the request.
#[derive(Debug, Clone, Default)]
pub struct RequestContext {
    account: Arc<OnceLock<AccountId>>,
}

impl RequestContext {
    /// Notes the account that the request is about.
    pub fn set_account(&self, id: AccountId) {
        let _ = self.account.set(id);
    }
}

/// Completes a response: renders problems, which contain the request's id, and notes the account for
/// the log.
pub async fn complete(mut request: Request, next: Next) -> Response<Body> {
    let id = request_id(request.extensions());
    let method = request.method().clone();
    let context = RequestContext::default();
    request.extensions_mut().insert(context.clone());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.render(id);
    } else if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        // The router adds the header `Allow`.
        let detail = format!("{method} is not allowed here");
        response = Problem::new(Code::MethodNotAllowed, detail).render(id);
    }
    let done = RequestLog { outcome: "done", account: None };
    let log = response.extensions_mut().get_or_insert(done);
    log.account = context.account.get().copied();
    response
}
