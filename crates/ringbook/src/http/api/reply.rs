//! Replies: sent, and stored in idempotency records.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderValue, LOCATION};
use axum::http::{Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::problem::{PROBLEM_JSON, Problem};
use crate::http::RequestLog;
use crate::http::idempotency::REPLAYED;
use crate::http::request::DRY_RUN;
use crate::secret::ApiKey;
use crate::store::RequestId;

/// How the body of a reply with a new key begins where it is stored: the key itself is not.
const NULL_KEY: &str = "{\"key\":null";

/// What a handler answers.
pub type Answer = Result<Response<Body>, Problem>;

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    status: u16,
    body: String,
    etag: Option<String>,
    location: Option<String>,
    is_problem: bool,
    /// Of a dry run, how many changes there would be.
    #[serde(skip)]
    changes: Option<usize>,
}

impl Reply {
    fn new(status: u16, body: String) -> Self {
        Self { status, body, etag: None, location: None, is_problem: false, changes: None }
    }

    /// 200 with a body.
    pub fn ok(body: &impl Serialize) -> Self {
        Self::of_json(serde_json::to_string(body).expect("it is plain data"))
    }

    /// 200 with a body that is JSON already.
    pub fn of_json(json: String) -> Self {
        Self::new(200, json)
    }

    /// The same as 201, with the path of what was created.
    #[must_use]
    pub fn created(self, location: Option<String>) -> Self {
        Self { status: 201, location, ..self }
    }

    /// 204.
    pub fn no_content() -> Self {
        Self::new(204, String::new())
    }

    /// The same as 304, without its body.
    #[must_use]
    pub fn not_modified(self) -> Self {
        Self { status: 304, body: String::new(), ..self }
    }

    /// A problem.
    pub fn problem(problem: &Problem, request_id: RequestId) -> Self {
        let status = problem.status().as_u16();
        let body = String::from_utf8(problem.body(request_id)).expect("JSON is text");
        Self { is_problem: true, ..Self::new(status, body) }
    }

    /// The same with this `ETag`.
    #[must_use]
    pub fn tagged(self, etag: String) -> Self {
        Self { etag: Some(etag), ..self }
    }

    /// The same for a dry run of a write with that many changes: there is nothing to name or to cache.
    #[must_use]
    pub fn into_dry_run(self, changes: usize) -> Self {
        Self { changes: Some(changes), etag: None, location: None, ..self }
    }

    /// The same with this key, if its body begins with a `key` that is `null`.
    #[must_use]
    pub fn revealing(self, key: Option<&ApiKey>) -> Self {
        let Some(key) = key else { return self };
        let Some(rest) = self.body.strip_prefix(NULL_KEY) else { return self };
        let key = serde_json::Value::from(key.reveal());
        Self { body: format!("{{\"key\":{key}{rest}"), ..self }
    }

    /// It as the answer of an idempotency record.
    pub fn stored(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("it is plain data")
    }

    /// As HTTP.
    pub fn render(self) -> Response<Body> {
        self.render_stored(false)
    }

    /// As HTTP, from an idempotency record.
    pub fn render_stored(self, is_replayed: bool) -> Response<Body> {
        let Self { status, body, etag, location, is_problem, changes } = self;
        let has_body = !body.is_empty();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let headers = response.headers_mut();
        if has_body {
            let kind = if is_problem { PROBLEM_JSON } else { "application/json" };
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in [(ETAG, etag), (LOCATION, location)] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        }
        if let Some(changes) = changes {
            headers.insert(DRY_RUN, changes.into());
        }
        if is_replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        let outcome = match (is_replayed, is_problem) {
            (true, _) => "replayed",
            (false, true) => "refused",
            (false, false) => "done",
        };
        response.extensions_mut().insert(RequestLog { outcome, account: None });
        response
    }
}
