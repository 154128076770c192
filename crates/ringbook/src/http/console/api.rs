//! The native API as pages speak it: its router in this process, in the name of who is signed in.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request as HttpRequest, Response};
use form_urlencoded::Serializer;
use http_body_util::BodyExt as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::Service as _;

use super::page::Problem;
use super::phones::Items;
use crate::change::Change;
use crate::http::LocalCaller;
use crate::http::request::{Closing, request_id};
use crate::http::source::Source;
use crate::service::Principal;
use crate::store::RequestId;

/// Names a request that may come twice.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The API in the name of somebody.
#[derive(Clone)]
pub struct Api {
    router: Router,
    caller: LocalCaller,
    /// That of the browser's request, so that the history and the log name the same one.
    id: RequestId,
    closing: Option<Closing>,
    source: Option<Source>,
}

/// A request. A path is a constant but for its segments, which [`segment`] writes.
pub struct Request {
    method: Method,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Body,
}

/// An answer.
pub struct Reply(Response<Body>);

/// A text as a segment of a path.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

impl Api {
    /// In the name of `principal`, for the request of a browser.
    pub fn new(router: Router, principal: Principal, asked: &Parts) -> Self {
        Self {
            router,
            caller: LocalCaller(principal),
            id: request_id(&asked.extensions),
            closing: asked.extensions.get().cloned(),
            source: asked.extensions.get().copied(),
        }
    }

    /// The id of the browser's request.
    pub fn id(&self) -> RequestId {
        self.id
    }

    /// Carries a request out, and returns whatever is answered.
    pub async fn call(&self, request: Request) -> Reply {
        let mut request = request.build();
        let extensions = request.extensions_mut();
        extensions.insert(self.id);
        extensions.insert(self.caller.clone());
        if let Some(closing) = &self.closing {
            extensions.insert(closing.clone());
        }
        if let Some(source) = self.source {
            extensions.insert(source);
        }
        let Ok(response) = self.router.clone().call(request).await;
        Reply(response)
    }

    /// Carries a request out. Only what was asked for is in the reply: a refusal is the problem.
    pub async fn send(&self, request: Request) -> Result<Reply, Problem> {
        let Reply(response) = self.call(request).await;
        if response.status().is_success() {
            return Ok(Reply(response));
        }
        let status = response.status();
        let body = collect(response).await?;
        Err(serde_json::from_slice::<Problem>(&body)
            .unwrap_or_else(|_| Problem::new(status, "The request could not be carried out.")))
    }

    /// The newest change that this request of the browser has made; none if it made none, or the
    /// history does not tell now.
    pub async fn change_made(&self) -> Option<Change> {
        let made = Request::get("/v1/changes").query("request", self.id).query("limit", 1);
        let page: Items<Change> = self.read(made).await.ok()?;
        page.items.into_iter().next()
    }

    /// Carries a request out and reads its answer.
    pub async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T, Problem> {
        self.send(request).await?.json().await
    }
}

impl Request {
    fn new(method: Method, path: impl Into<String>) -> Self {
        let (path, query, headers) = (path.into(), String::new(), HeaderMap::new());
        Self { method, path, query, headers, body: Body::empty() }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    pub fn patch(path: impl Into<String>) -> Self {
        Self::new(Method::PATCH, path)
    }

    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path)
    }

    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// The same with a parameter in its query.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts are given alike")]
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        let mut query = Serializer::for_suffix(self.query, 0);
        query.append_pair(name, &value.to_string());
        self.query = query.finish();
        self
    }

    /// The same with a parameter, unless its value is empty.
    #[must_use]
    pub fn given(self, name: &str, value: &str) -> Self {
        if value.is_empty() { self } else { self.query(name, value) }
    }

    /// The same as a dry run, if it is to be one.
    #[must_use]
    pub fn dry_run(self, is_dry_run: bool) -> Self {
        if is_dry_run { self.query("dry_run", true) } else { self }
    }

    /// The same with a JSON body.
    #[must_use]
    pub fn json(self, body: &impl Serialize) -> Self {
        let json = serde_json::to_vec(body).expect("it is plain data");
        self.body(Body::from(json), "application/json")
    }

    /// The same with a body of that media type.
    #[must_use]
    pub fn body(self, body: Body, media_type: &'static str) -> Self {
        Self { body, ..self }.header(CONTENT_TYPE, media_type)
    }

    /// The same, refused unless its subject still has this `ETag`; whatever it has, if it is empty.
    #[must_use]
    pub fn if_match(self, etag: &str) -> Self {
        if etag.is_empty() { self } else { self.header(IF_MATCH, etag) }
    }

    /// The same with a header. A value that is none, as a browser may send it, is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    fn build(self) -> HttpRequest<Body> {
        let query = self.query;
        let mark = if query.is_empty() { "" } else { "?" };
        let mut request = HttpRequest::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = format!("{}{mark}{query}", self.path).parse().expect("a path");
        *request.headers_mut() = self.headers;
        request
    }
}

impl Reply {
    /// A header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.0.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The `ETag` of what it is about; empty without one.
    pub fn etag(&self) -> &str {
        self.header(ETAG.as_str())
    }

    /// The body as it comes, for files.
    pub fn into_body(self) -> Body {
        self.0.into_body()
    }

    /// The body, as text.
    pub async fn text(self) -> Result<String, Problem> {
        Ok(String::from_utf8_lossy(&collect(self.0).await?).into_owned())
    }

    /// The body, as JSON.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Problem> {
        let body = collect(self.0).await?;
        serde_json::from_slice(&body).map_err(|error| {
            tracing::error!(%error, "the console does not understand the API");
            Problem::internal()
        })
    }
}

async fn collect(response: Response<Body>) -> Result<Bytes, Problem> {
    let collected = response.into_body().collect().await;
    collected.map(http_body_util::Collected::to_bytes).map_err(|_| Problem::internal())
}
