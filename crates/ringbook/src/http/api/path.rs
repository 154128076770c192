//! What stands in a path.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::code::Code;
use super::problem::Problem;

/// The part of a path that names something. What cannot be read names nothing.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, State: Send + Sync> FromRequestParts<State> for Path<T> {
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
