//! A reply with its reason, as an HTTP response.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use directory::AccountId;

use super::reason;
use super::reply::{Rendered, Reply};
use crate::http::RequestLog;
use crate::http::head::REASON;
use crate::http::idempotency::REPLAYED;
use crate::http::limits::RETRY_AFTER_S;
use crate::service::Throttled;

/// A reply, and what is sent and logged with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub reply: Reply,
    /// The text of `Ringbook-Reason`: the field at fault, and what is wrong with it.
    pub reason: Option<String>,
    /// The account for the log, if the caller is authenticated.
    pub account: Option<AccountId>,
    /// The value of `Retry-After`, in seconds, after too many requests.
    pub retry_after_s: Option<u64>,
}

impl Answer {
    /// A reply and its reason.
    pub fn because(reply: Reply, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..reply.into() }
    }

    /// The reply after too many requests, or too many with wrong credentials from the address.
    pub fn throttled(reply: Reply, throttled: Throttled) -> Self {
        let retry_after_s = Some(throttled.retry_after_s);
        Self { retry_after_s, ..Self::because(reply, throttled.to_string()) }
    }

    /// The same answer, logged with the account.
    #[must_use]
    pub fn of(self, account: AccountId) -> Self {
        Self { account: Some(account), ..self }
    }

    pub fn into_response(self) -> Response<Body> {
        let Self { reply, reason, account, retry_after_s } = self;
        let Rendered { outcome, status, body } = reply.render();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(reason) = reason {
            headers.insert(REASON, reason::header(&reason));
        }
        if status == 401 {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        match &reply {
            Reply::MethodNotAllowed { allow } => {
                headers.insert(ALLOW, HeaderValue::from_static(allow));
            }
            Reply::Unavailable | Reply::OutcomeUnknown => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
            }
            Reply::Recorded { is_replayed: true, .. } => {
                headers.insert(REPLAYED, HeaderValue::from_static("true"));
            }
            _ => {}
        }
        if let Some(retry_after_s) = retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        response.extensions_mut().insert(RequestLog { outcome, account });
        response
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { reply, reason: None, account: None, retry_after_s: None }
    }
}
