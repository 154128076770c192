//! What all endpoints have in common: who asks, and what, and the form of what they are told.

use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{ALLOW, HeaderValue};
use axum::http::request::Parts;
use axum::routing::{MethodRouter, any};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::answer::Answer;
use crate::dialects::{Asked, Form};
use crate::http::credentials;
use crate::http::limits::{BODY_BYTES_MAX, BODY_TIMEOUT, CREDENTIALS_BYTES_MAX};
use crate::service::{Credentials, Denied, Failure, RoutingCaller, Service};

/// The methods of what changes nothing.
pub const ANY: &str = "GET, HEAD, POST";

/// A request that has arrived whole.
pub struct Arrived {
    pub caller: RoutingCaller,
    pub head: Parts,
    body: String,
}

impl Arrived {
    /// What is asked.
    pub fn asked(&self) -> Asked<'_> {
        Asked { query: self.head.uri.query().unwrap_or_default(), form: &self.body }
    }
}

/// An endpoint. It takes any method, as those that are not in `allow` are refused in its form too.
pub fn endpoint<F: Future<Output = Result<Answer, Answer>> + Send>(
    form: &'static Form,
    allow: &'static str,
    answering: impl Fn(Arc<Service>, Arrived) -> F + Clone + Send + Sync + 'static,
) -> MethodRouter<Arc<Service>> {
    any(async move |State(service): State<Arc<Service>>, request: Request| {
        match arrive(&service, allow, request).await {
            Ok(arrived) => {
                let account = Some(arrived.caller.account);
                Answer::response(answering(service, arrived).await, form, account)
            }
            Err(refused) => Answer::response(Err(refused), form, None),
        }
    })
}

/// Reads a request, if the method is one of those in `allow`, and the credentials are right.
async fn arrive(
    service: &Service,
    allow: &'static str,
    request: Request,
) -> Result<Arrived, Answer> {
    let (head, body) = request.into_parts();
    if !allow.split(", ").any(|method| head.method == method) {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        let refused = Answer::refused(status, "other method", "method: see Allow");
        return Err(refused.with(ALLOW, HeaderValue::from_static(allow)));
    }
    let basic = credentials::basic(&head.headers, CREDENTIALS_BYTES_MAX).map_err(|_| {
        let reason = "send the account's userName and an API key as HTTP Basic credentials";
        Answer::unauthorized(reason)
    })?;
    let credentials = Credentials {
        user_name: &basic.user_name,
        api_key: Some(&basic.password),
        token: None,
        source: credentials::source(&head),
    };
    let caller = service.authenticate_for_routing(&credentials).await;
    let caller = caller.map_err(|denied| match denied {
        Denied::Failed(why @ Failure::Unavailable(_)) => why.into(),
        denied => Answer::unauthorized(&denied.to_string()),
    })?;
    Ok(Arrived { caller, head, body: read(body).await? })
}

/// Reads the body, if there is one.
async fn read(body: Body) -> Result<String, Answer> {
    if body.is_end_stream() {
        return Ok(String::new());
    }
    let collected = Limited::new(body, BODY_BYTES_MAX).collect();
    let (status, reason) = match tokio::time::timeout(BODY_TIMEOUT, collected).await {
        Ok(Ok(body)) => return Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            (StatusCode::PAYLOAD_TOO_LARGE, "body: larger than 65536 bytes")
        }
        _ => (StatusCode::BAD_REQUEST, "body: broke off, or took more than 10 s"),
    };
    Err(Answer::refused(status, "not read", reason))
}
