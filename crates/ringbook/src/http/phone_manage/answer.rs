//! A reply with its reason, as an HTTP response.

use std::num::NonZeroU64;

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use directory::{AccountId, PhoneId};

use super::reason;
use super::reply::Reply;
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
    /// The phone that has the number or the name that was wanted.
    pub phone: Option<PhoneId>,
    /// The value of `Retry-After`, in seconds, after too many requests.
    pub retry_after_s: Option<NonZeroU64>,
    /// The value of `Allow`, after another method.
    pub allow: Option<&'static str>,
    /// Whether an earlier request with the same `Idempotency-Key` got it.
    pub is_replayed: bool,
}

impl Answer {
    /// A reply and its reason.
    pub fn because(reply: Reply, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..reply.into() }
    }

    /// The reply after too many requests, or too many with wrong credentials from the address.
    pub fn throttled(reply: Reply, throttled: Throttled) -> Self {
        let retry_after_s = NonZeroU64::new(throttled.quota.reset_s);
        Self { retry_after_s, ..Self::because(reply, throttled.why) }
    }

    /// The reply to a method that is not among those in `allow`.
    pub fn not_allowed(allow: &'static str, reason: String) -> Self {
        Self { allow: Some(allow), ..Self::because(Reply::METHOD_NOT_ALLOWED, reason) }
    }

    /// The same answer, logged with the account.
    #[must_use]
    pub fn of(self, account: AccountId) -> Self {
        Self { account: Some(account), ..self }
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        let (reason, account, phone, retry_after_s, allow) = (None, None, None, None, None);
        Self { reply, reason, account, phone, retry_after_s, allow, is_replayed: false }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response<Body> {
        let store_failed = [Reply::UNAVAILABLE, Reply::OUTCOME_UNKNOWN].contains(&self.reply);
        let Self { reply, reason, account, retry_after_s, allow, is_replayed, .. } = self;
        let Reply { outcome, status, body, .. } = reply;
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
        if let Some(allow) = allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if is_replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        let retry_after = retry_after_s.map(|time_s| HeaderValue::from(time_s.get()));
        let store_failed = store_failed.then(|| HeaderValue::from_static(RETRY_AFTER_S));
        if let Some(retry_after) = retry_after.or(store_failed) {
            headers.insert(RETRY_AFTER, retry_after);
        }
        response.extensions_mut().insert(RequestLog { outcome, account });
        response
    }
}
