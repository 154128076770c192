//! An answer to a PBX.

use std::fmt::Display;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use directory::AccountId;

use super::dialect::Form;
use super::list::push_number;
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

/// An answer. What is logged with it is among its extensions.
pub struct Answer(Response<Body>);

impl Answer {
    /// An answer of an endpoint.
    pub fn new(
        form: &Form,
        status: StatusCode,
        body: impl Into<Body>,
        outcome: &'static str,
    ) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = status;
        // With those that are added on its way out.
        response.headers_mut().reserve(10);
        response.extensions_mut().insert(RequestLog { outcome, account: None });
        Self(response).with(CONTENT_TYPE, HeaderValue::from_static(form.content_type))
    }

    /// A refusal with its reason.
    pub fn refused(form: &Form, status: StatusCode, outcome: &'static str, reason: &str) -> Self {
        let reason = HeaderValue::from_str(reason);
        let reason = reason.unwrap_or(HeaderValue::from_static("see the log"));
        Self::new(form, status, form.failed, outcome).with(REASON, reason)
    }

    /// The credentials are missing or wrong. There is no other status for too many wrong ones, as PBXs
    /// have no use for it.
    pub fn unauthorized(form: &Form, reason: &str) -> Self {
        let answer = Self::refused(form, StatusCode::UNAUTHORIZED, "unauthorized", reason);
        answer.with(WWW_AUTHENTICATE, CHALLENGE)
    }

    /// The answer is not known, for a reason that is logged too.
    pub fn cannot_know(form: &Form, why: &dyn Display) -> Self {
        let why = why.to_string();
        tracing::warn!(why, request_id = current_id(), "a PBX could not be answered");
        Self::refused(form, StatusCode::SERVICE_UNAVAILABLE, "cannot know", &why)
    }

    /// There is nothing at the path.
    pub fn no_such_path(form: &Form) -> Self {
        Self::refused(form, StatusCode::NOT_FOUND, "", "path: nothing is here, see docs/pbx.md")
    }

    /// With how much of a list it has.
    pub fn shown(self, shown: usize, of: usize) -> Self {
        let mut text = String::with_capacity(16);
        push_number(&mut text, shown);
        text.push('/');
        push_number(&mut text, of);
        self.with(SHOWN, HeaderValue::try_from(text).expect("digits and a slash"))
    }

    /// With the version and the age of what it is made of.
    pub fn known(self, revision: u64, age: Duration) -> Self {
        self.with(REVISION, revision.into()).with(AGE, age.as_secs().into())
    }

    /// With a header.
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers_mut().insert(name, value);
        self
    }

    /// Logged with the account.
    pub fn of(mut self, account: AccountId) -> Self {
        let log = self.0.extensions_mut().get_mut::<RequestLog>();
        log.expect("each answer has one").account = Some(account);
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response<Body> {
        self.0
    }
}
