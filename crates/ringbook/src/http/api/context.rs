//! What becomes known of a request while it is answered, and what its response is stamped with.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::middleware::Next;
use directory::AccountId;

use super::code::Code;
use super::drain::UnreadBody;
use super::problem::Problem;
use crate::http::RequestLog;
use crate::store::RequestId;

/// What becomes known of a request while it is answered. It is among the request's extensions.
#[derive(Debug, Clone, Default)]
pub struct RequestContext(Arc<Findings>);

#[derive(Debug, Default)]
struct Findings {
    /// Whether the credentials were right.
    is_authenticated: AtomicBool,
    /// The account that the request is about.
    account: OnceLock<AccountId>,
}

impl RequestContext {
    /// Notes that the credentials were right.
    pub fn set_authenticated(&self) {
        self.0.is_authenticated.store(true, Ordering::Relaxed);
    }

    /// Notes the account that the request is about.
    pub fn set_account(&self, id: AccountId) {
        let _ = self.0.account.set(id);
    }
}

/// Renders problems, which contain the request's id, drains what is left of the request's body,
/// and notes the account for the log.
pub async fn stamp(mut request: Request, next: Next) -> Response<Body> {
    let id = request.extensions().get::<RequestId>().copied();
    let id = id.expect("the server gives each request an id");
    let method = request.method().clone();
    let context = RequestContext::default();
    request.extensions_mut().insert(context.clone());
    let unread = UnreadBody::of(&mut request);
    let mut response = next.run(request).await;
    // Strangers are not waited for.
    if context.0.is_authenticated.load(Ordering::Relaxed) {
        unread.drain().await;
    }
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.render(id);
    } else if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        // The router adds the header `Allow`.
        let detail = format!("{method} is not allowed here");
        response = Problem::new(Code::MethodNotAllowed, detail).render(id);
    }
    let told = response
        .extensions_mut()
        .get_or_insert_with(|| RequestLog { outcome: "done", account: None });
    told.account = context.0.account.get().copied();
    response
}
