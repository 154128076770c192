//! Segments of a path.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::code::Code;
use super::problem::Problem;

/// The one segment of a path that is not fixed. A path that is not UTF-8 does not exist.
#[derive(Debug)]
pub struct Path(pub String);

impl<State: Send + Sync> FromRequestParts<State> for Path {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        let axum::extract::Path(value) = read.map_err(|_| {
            let detail = format!("{}: the path cannot be read as UTF-8", parts.uri.path());
            Problem::new(Code::NoSuchPath, detail)
        })?;
        Ok(Self(value))
    }
}

/// A text as a segment of a path.
pub fn path_segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
