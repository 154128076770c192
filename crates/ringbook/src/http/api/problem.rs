//! Problem details (RFC 9457): the answer to what is not done.

use axum::Extension;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use directory::escaped;
use directory::limits::FAULTS_MAX;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::code::Code;
use super::problem_members::Members;
use crate::http::RequestLog;
use crate::http::limits::RETRY_AFTER_S;
use crate::rows::MORE_FAULTS;
use crate::store::RequestId;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Most characters of the place of an error, and of the details of an error and of a problem. All of
/// them may have text of the caller. With these and [`FAULTS_MAX`], no problem has 300 KB.
const PLACE_CHARACTERS_MAX: usize = 100;
const ERROR_CHARACTERS_MAX: usize = 300;
const DETAIL_CHARACTERS_MAX: usize = 5_000;

/// One of the things that are wrong
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(as = ProblemError)]
pub struct FieldError {
    /// The member of the body that is at fault, as a JSON pointer; absent where it is none
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false, example = "/number")]
    pub pointer: Option<String>,
    /// The parameter of the query that is at fault; absent where it is none
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false, example = "limit")]
    pub parameter: Option<String>,
    /// A stable code for programs
    #[schema(example = "number_taken")]
    pub code: String,
    /// A sentence for people
    pub detail: String,
    /// The id of what is in the way, or of the phone that it is about
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false, example = "p17")]
    pub id: Option<String>,
}

impl FieldError {
    /// One that is about no single place of the request.
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        Self { code: code.into(), detail: detail.into(), ..Self::default() }
    }

    /// One of a member of the body, by its JSON pointer.
    pub fn at(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), ..Self::new(code, detail) }
    }

    /// One of a parameter of the query.
    pub fn of_parameter(name: &str, code: &str, detail: impl Into<String>) -> Self {
        Self { parameter: Some(name.into()), ..Self::new(code, detail) }
    }

    /// As it is told: the first of them, shortened, and how many more there are.
    fn told(errors: &[Self]) -> Vec<Self> {
        // The rules may have counted the rest already, in one more.
        let count = if errors.len() <= FAULTS_MAX + 1 { errors.len() } else { FAULTS_MAX };
        let mut told: Vec<_> = errors.iter().take(count).map(Self::shortened).collect();
        let more = errors.len() - told.len();
        if more > 0 {
            told.push(Self::new(MORE_FAULTS, format!("and {more} more")));
        }
        told
    }

    /// The same without the end of long texts, and with what cannot be seen escaped.
    pub fn shortened(&self) -> Self {
        let place = |text: &Option<String>| Some(shortened(text.as_deref()?, PLACE_CHARACTERS_MAX));
        Self {
            pointer: place(&self.pointer),
            parameter: place(&self.parameter),
            detail: escaped(&self.detail, ERROR_CHARACTERS_MAX),
            ..self.clone()
        }
    }
}

fn shortened(text: &str, characters_max: usize) -> String {
    match text.char_indices().nth(characters_max) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Why something was not done. Nothing was changed, unless the code is `outcome_unknown`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    /// A sentence for people about this one.
    pub detail: String,
    /// All that is wrong, where it is about the body or the query.
    pub errors: Vec<FieldError>,
    /// Members of the body beside the usual ones.
    pub more: serde_json::Map<String, serde_json::Value>,
    /// Headers that belong to it.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What the store says, where that is the cause: it is not sent.
    pub store_fault: Option<StoreFault>,
}

/// What a store says that failed, with files and disks: an extension of the response, for callers in
/// this process alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFault(pub Box<str>);

/// Problem details (RFC 9457)
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'p> {
    /// Where the code is explained
    #[schema(format = "uri-reference")]
    pub r#type: String,
    /// What kind of problem, in words
    pub title: &'p str,
    /// The HTTP status
    pub status: u16,
    /// A stable code for programs
    pub code: &'p str,
    /// What is wrong this time
    pub detail: &'p str,
    /// The id of the request, as in the header and in the log
    pub request: String,
    /// All that is wrong at once; absent where the code says it all
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    pub errors: &'p [FieldError],
    #[serde(flatten)]
    #[schema(value_type = Members<'static>)]
    pub more: &'p serde_json::Map<String, serde_json::Value>,
}

impl Problem {
    /// A problem without more members.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            more: serde_json::Map::new(),
            headers: Vec::new(),
            store_fault: None,
        }
    }

    /// Some of these are wrong: `what`, in the plural.
    pub fn of_errors(code: Code, errors: Vec<FieldError>, what: &str) -> Self {
        let detail = match &*errors {
            [one] => one.detail.clone(),
            several => format!("{} {what} are wrong", several.len()),
        };
        Self { errors, ..Self::new(code, detail) }
    }

    /// Its status. What is not there is a fault of the path, unless an error says that the body or the
    /// query names it.
    pub fn status(&self) -> StatusCode {
        match self.code.status() {
            StatusCode::NOT_FOUND if !self.errors.is_empty() => StatusCode::UNPROCESSABLE_ENTITY,
            status => status,
        }
    }

    /// The same problem, if it has this code, as one of a parameter that names what is not there.
    #[must_use]
    pub fn named_by(self, parameter: &str, code: Code) -> Self {
        let error = FieldError::of_parameter(parameter, code.as_str(), &*self.detail);
        self.with_error(code, error)
    }

    /// The same problem, if it has this code, as one of a member of the body, by its JSON pointer.
    #[must_use]
    pub fn named_at(self, pointer: &str, code: Code) -> Self {
        let error = FieldError::at(pointer, code.as_str(), &*self.detail);
        self.with_error(code, error)
    }

    fn with_error(self, code: Code, error: FieldError) -> Self {
        if self.code == code { Self { errors: vec![error], ..self } } else { self }
    }

    /// The same problem with another member in its body.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// The same problem with a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Credentials are missing or wrong. Some clients, such as browsers and PBXs, send credentials
    /// only after a challenge.
    pub fn unauthorized(detail: &str, challenge: &'static str) -> Self {
        Self::new(Code::Unauthorized, detail)
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// The body, for the request with that id.
    pub fn body(&self, request_id: RequestId) -> Vec<u8> {
        let body = ProblemBody {
            r#type: format!("urn:ringbook:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.status().as_u16(),
            code: self.code.as_str(),
            detail: &escaped(&self.detail, DETAIL_CHARACTERS_MAX),
            request: request_id.to_string(),
            errors: &FieldError::told(&self.errors),
            more: &self.more,
        };
        serde_json::to_vec(&body).expect("it is plain data")
    }

    /// As HTTP, for the request with that id.
    pub fn render(self, request_id: RequestId) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body(request_id)));
        *response.status_mut() = self.status();
        let log = RequestLog { outcome: self.code.as_str(), account: None };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if self.code.status() == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
        }
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response.extensions_mut().insert(log);
        if let Some(fault) = self.store_fault {
            response.extensions_mut().insert(fault);
        }
        response
    }
}

/// Rendered by [`complete`](super::context::complete), which knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        (self.status(), Extension(self)).into_response()
    }
}
