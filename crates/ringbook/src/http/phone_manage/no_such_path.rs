//! Paths at which there is nothing, among those that CloudAgent's APIs have.

use axum::body::Body;
use axum::http::Response;

use super::answer::Answer;
use super::explain::EXPLAIN_PATH;
use super::handler::PATH;
use super::reason::quoted;
use super::reply::Reply;
use super::token::TOKEN_PATH;

/// The first segments of the paths of CloudAgent's APIs. Below the second one there is nothing here.
const PREFIXES: [&str; 2] = ["ca_apis", "CAServices"];

/// Whether a path is one of CloudAgent's APIs, or was meant to be.
pub fn owns(path: &str) -> bool {
    let first = path.split('/').find(|segment| !segment.is_empty());
    first.is_some_and(|first| PREFIXES.iter().any(|prefix| first.eq_ignore_ascii_case(prefix)))
}

/// The answer, whose reason has the path that was most likely meant.
pub fn no_such_path(path: &str) -> Response<Body> {
    let lower_case = path.to_ascii_lowercase();
    let meant = match () {
        () if lower_case.contains("token") => TOKEN_PATH,
        () if lower_case.contains("explain") => EXPLAIN_PATH,
        () => PATH,
    };
    let reason = format!("path: nothing is at {}, did you mean {meant}?", quoted(path));
    Answer::because(Reply::NoSuchPath, reason).into_response()
}
