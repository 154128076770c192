//! What a request knows of the state of what it is about: `If-Match` of a write, `If-None-Match`
//! of a read.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Response};
use utoipa::IntoParams;

use super::code::Code;
use super::problem::Problem;
use super::reply::Reply;

/// The states in which a write is wanted; none if it is wanted in any.
#[derive(Debug)]
pub struct Known(Vec<HeaderValue>);

/// How a write of what exists can be asked for
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)] // It describes what `Known` reads.
pub struct ConditionalParameters {
    /// Refuse unless this is its `ETag` by now
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

impl Known {
    /// Takes the header out, so that one which nobody has looked at is found there.
    pub fn take(headers: &mut HeaderMap) -> Self {
        let known = values(headers, &IF_MATCH);
        headers.remove(IF_MATCH);
        Self(known)
    }

    /// Whether it must be in a certain state, so that who decides has to look again.
    pub fn is_certain(&self) -> bool {
        !self.0.is_empty() && !tags(&self.0).any(|tag| tag == "*")
    }

    /// Refuses where the request knows of another state than the one with this `ETag`.
    pub fn expects(&self, etag: &str) -> Result<(), Problem> {
        if !self.is_certain() || tags(&self.0).any(|tag| tag == etag) {
            return Ok(());
        }
        let detail = format!("it is {etag} by now: read it again, and decide again");
        Err(Problem::new(Code::PreconditionFailed, detail).with("etag", etag))
    }
}

/// What the client has read before, and still has.
#[derive(Debug)]
pub struct Cached(Vec<HeaderValue>);

/// How what has an `ETag` can be read
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)] // It describes what `Cached` reads.
pub struct CachedParameters {
    /// Answer 304, without a body, if this is its `ETag` still
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

impl<State: Send + Sync> FromRequestParts<State> for Cached {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Infallible> {
        Ok(Self(values(&parts.headers, &IF_NONE_MATCH)))
    }
}

impl Cached {
    /// The answer, or that it is as the client has it.
    pub fn render(&self, reply: Reply) -> Response<Body> {
        // Proxies that compress an answer make its tag a weak one.
        let mut tags = tags(&self.0).map(|tag| tag.strip_prefix("W/").unwrap_or(tag));
        let has_it = tags.any(|tag| tag == "*" || Some(tag) == reply.etag());
        let reply = if has_it { reply.not_modified() } else { reply };
        reply.render(false)
    }
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<HeaderValue> {
    headers.get_all(name).iter().cloned().collect()
}

/// Ours have no commas in them.
fn tags(values: &[HeaderValue]) -> impl Iterator<Item = &str> {
    let texts = values.iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|tags| tags.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(value: &'static str) -> Known {
        let mut headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(value))]);
        let known = Known::take(&mut headers);
        assert!(headers.is_empty());
        known
    }

    #[test]
    fn a_write_is_wanted_in_one_of_several_states_or_in_any() {
        assert!(known("\"a\", \"b\"").expects("\"b\"").is_ok());
        assert!(known("*").expects("\"b\"").is_ok() && !known("*").is_certain());
        assert!(Known::take(&mut HeaderMap::new()).expects("\"b\"").is_ok());
        // A weak tag says nothing of what is written.
        for other in ["\"a\"", "W/\"b\"", "b", ""] {
            assert!(known(other).expects("\"b\"").is_err(), "{other}");
        }
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let reply = || Reply::ok(&1).tagged("\"b\"".into());
        for (value, status) in [("\"a\"", 200), ("\"a\", W/\"b\"", 304), ("*", 304), ("b", 200)] {
            let answer = Cached(vec![HeaderValue::from_static(value)]).render(reply());
            assert_eq!(answer.status(), status, "{value}");
            assert_eq!(answer.headers()["etag"], "\"b\"");
        }
    }
}
