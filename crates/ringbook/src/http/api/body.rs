//! Reading JSON bodies.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use http_body_util::{BodyExt as _, Limited};
use serde::de::DeserializeOwned;

use super::code::Code;
use super::digest;
use super::field::Body;
use super::problem::Problem;
use crate::http::head::unsupported_encoding;
use crate::http::limits::{API_BODY_BYTES_MAX, BODY_TIMEOUT};

/// What some programs write before a text. Parsers may ignore it (RFC 8259, section 8.1).
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The bytes of a JSON body; empty without one.
#[derive(Debug)]
pub struct Json(pub Bytes);

impl<State: Send + Sync> FromRequest<State> for Json {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let collected = Limited::new(body, API_BODY_BYTES_MAX).collect();
        let bytes = match tokio::time::timeout(BODY_TIMEOUT, collected).await {
            Ok(Ok(collected)) => collected.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                let detail = format!("the body is larger than {API_BODY_BYTES_MAX} bytes");
                return Err(Problem::new(Code::TooLarge, detail));
            }
            Ok(Err(error)) => return Err(broken_off(&*error, Code::InvalidJson)),
            Err(_) => {
                let detail = format!("the body did not come within {} s", BODY_TIMEOUT.as_secs());
                return Err(Problem::new(Code::TooSlow, detail));
            }
        };
        if !bytes.is_empty() {
            check_encoding(&parts.headers)?;
            check_type(&parts.headers)?;
        }
        Ok(Self(bytes))
    }
}

impl Json {
    /// The body as an object; an empty one is an object without members.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let bytes: &[u8] = if self.0.is_empty() { b"{}" } else { &self.0 };
        let invalid = |detail: String| Problem::new(Code::InvalidJson, detail);
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        // Derived `Deserialize` reads a list as an object.
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(invalid("the body must be a JSON object".into()));
        }
        serde_json::from_slice(bytes).map_err(|error| invalid(error.to_string()))
    }

    /// The values of the members of the body.
    pub fn read<T: Body>(&self) -> Result<T::Values, Problem> {
        Ok(self.parse::<T>()?.read()?)
    }
}

/// The problem of a body that ended with an error.
pub fn broken_off(error: &(dyn std::error::Error + 'static), code: Code) -> Problem {
    digest::mismatch(error).unwrap_or_else(|| Problem::new(code, "the body broke off"))
}

/// Refuses a compressed body, which would be read as something else.
pub fn check_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(given) = unsupported_encoding(headers) else { return Ok(()) };
    let detail = format!("the Content-Encoding {given:?} is not read here: send the body as it is");
    Err(Problem::new(Code::UnsupportedType, detail))
}

fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(given) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let essence = given.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let is_json = essence.eq_ignore_ascii_case("application/json")
        || essence.eq_ignore_ascii_case("application/merge-patch+json");
    if is_json {
        return Ok(());
    }
    let detail = format!("the Content-Type must be application/json, not {essence:?}");
    Err(Problem::new(Code::UnsupportedType, detail))
}
