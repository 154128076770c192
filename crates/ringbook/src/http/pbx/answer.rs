//! An answer to a PBX.

use std::error::Error;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use directory::AccountId;

use crate::dialects::Form;
use crate::http::RequestLog;
use crate::http::head::REASON;
use crate::http::request::current_id;

/// How many entries of a list are in the answer, and how many there are.
const SHOWN: HeaderName = HeaderName::from_static("ringbook-shown");
/// The version of the account that the answer is of.
const REVISION: HeaderName = HeaderName::from_static("ringbook-revision");
/// How long ago that was known to be the newest one, in seconds.
const AGE: HeaderName = HeaderName::from_static("ringbook-age");

/// The challenge after which PBXs send their credentials.
const CHALLENGE: HeaderValue =
    HeaderValue::from_static("Basic realm=\"ringbook\", charset=\"UTF-8\"");

/// An answer, or a refusal, which has no body yet.
pub struct Answer {
    response: Response<Body>,
    outcome: &'static str,
}

impl Answer {
    /// An answer.
    pub fn new(status: StatusCode, body: impl Into<Body>, outcome: &'static str) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        // With those that are added on its way out.
        response.headers_mut().reserve(10);
        Self { response, outcome }
    }

    /// A refusal with its reason.
    pub fn refused(status: StatusCode, outcome: &'static str, reason: &str) -> Self {
        let reason = HeaderValue::from_str(reason);
        let reason = reason.unwrap_or(HeaderValue::from_static("see the log"));
        Self::new(status, Body::empty(), outcome).with(REASON, reason)
    }

    /// The credentials are missing or wrong. There is no other status for too many wrong ones, as PBXs
    /// have no use for it.
    pub fn unauthorized(reason: &str) -> Self {
        let refused = Self::refused(StatusCode::UNAUTHORIZED, "unauthorized", reason);
        refused.with(WWW_AUTHENTICATE, CHALLENGE)
    }

    /// A list, with how much of it there is.
    pub fn listed(text: impl Into<Body>, [shown, of]: [usize; 2], outcome: &'static str) -> Self {
        let shown = HeaderValue::try_from(format!("{shown}/{of}")).expect("digits and a slash");
        Self::new(StatusCode::OK, text, outcome).with(SHOWN, shown)
    }

    /// With the version and the age of what it is made of.
    pub fn known(self, revision: u64, age: Duration) -> Self {
        self.with(REVISION, revision.into()).with(AGE, age.as_secs().into())
    }

    /// With a header.
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.response.headers_mut().insert(name, value);
        self
    }

    /// The response in the form of an endpoint, which is logged with the account.
    pub fn response(
        answered: Result<Self, Self>,
        form: &Form,
        account: Option<AccountId>,
    ) -> Response<Body> {
        let is_refused = answered.is_err();
        let (Ok(Self { mut response, outcome }) | Err(Self { mut response, outcome })) = answered;
        if is_refused {
            *response.body_mut() = form.failed.into();
        }
        let content_type = HeaderValue::from_static(form.content_type);
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response.extensions_mut().insert(RequestLog { outcome, account });
        response
    }
}

/// What goes wrong leaves the answer unknown, for a reason that is logged too.
impl<E: Error> From<E> for Answer {
    fn from(why: E) -> Self {
        let why = why.to_string();
        tracing::warn!(why, request_id = current_id(), "a PBX could not be answered");
        Self::refused(StatusCode::SERVICE_UNAVAILABLE, "cannot know", &why)
    }
}
