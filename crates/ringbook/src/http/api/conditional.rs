//! Conditional requests: `If-Match` of a write, `If-None-Match` of a read.

use axum::body::Body;
use axum::http::header::HeaderValue;
use axum::http::{HeaderMap, Response};

use super::code::Code;
use super::parameter::{Text, parameters};
use super::problem::Problem;
use super::reply::Reply;

/// The `ETag`s of the states that a write may be applied to; none if it may be applied to any.
#[derive(Debug)]
pub struct Preconditions(Vec<HeaderValue>);

parameters!(Preconditions {
    /// Refuse unless this is its `ETag` by now
    IF_MATCH: Text = header "If-Match";
});

impl Preconditions {
    /// Takes the header out: one that is left was not looked at.
    pub fn take(headers: &mut HeaderMap) -> Self {
        let given = values(headers, IF_MATCH.name);
        headers.remove(IF_MATCH.name);
        Self(given)
    }

    /// Whether only some states are accepted, so that the rules have to compare again.
    pub fn is_specific(&self) -> bool {
        !self.0.is_empty() && !tags(&self.0).any(|tag| tag == "*")
    }

    /// Refuses a state with this `ETag` unless it is one of them.
    pub fn check(&self, etag: &str) -> Result<(), Problem> {
        if !self.is_specific() || tags(&self.0).any(|tag| tag == etag) {
            return Ok(());
        }
        let detail = format!("it is {etag} by now: read it again, and decide again");
        Err(Problem::new(Code::PreconditionFailed, detail).with("etag", etag))
    }
}

parameters!(struct Cached {
    /// Answer 304, without a body, if this is its `ETag` still
    IF_NONE_MATCH: Text = header "If-None-Match";
});

/// The reply, or 304 if the client has it in its cache.
pub fn render_unless_cached(headers: &HeaderMap, reply: Reply) -> Response<Body> {
    let cached = values(headers, IF_NONE_MATCH.name);
    // Proxies that compress an answer make its tag a weak one.
    let mut tags = tags(&cached).map(|tag| tag.strip_prefix("W/").unwrap_or(tag));
    let has_it = tags.any(|tag| tag == "*" || Some(tag) == reply.etag());
    let reply = if has_it { reply.not_modified() } else { reply };
    reply.render()
}

fn values(headers: &HeaderMap, name: &str) -> Vec<HeaderValue> {
    headers.get_all(name).iter().cloned().collect()
}

/// The tags in the values. Ours have no commas in them.
fn tags(values: &[HeaderValue]) -> impl Iterator<Item = &str> {
    let texts = values.iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|tags| tags.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn preconditions(value: &'static str) -> Preconditions {
        let mut headers =
            HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(value))]);
        let preconditions = Preconditions::take(&mut headers);
        assert!(headers.is_empty());
        preconditions
    }

    #[test]
    fn accepts_one_of_several_etags_or_any_and_rejects_others() {
        assert!(preconditions("\"a\", \"b\"").check("\"b\"").is_ok());
        assert!(preconditions("*").check("\"b\"").is_ok() && !preconditions("*").is_specific());
        assert!(Preconditions::take(&mut HeaderMap::new()).check("\"b\"").is_ok());
        // A weak tag says nothing of what is written.
        for other in ["\"a\"", "W/\"b\"", "b", ""] {
            assert!(preconditions(other).check("\"b\"").is_err(), "{other}");
        }
    }
}
