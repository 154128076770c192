//! Conditional requests: `If-Match` and `If-None-Match` (RFC 9110, section 13).

use axum::http::HeaderMap;
use axum::http::header::{HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use directory::AccountId;

use super::code::Code;
use super::parameter::{Text, parameters};
use super::problem::Problem;
use super::query::Query;
use super::reply::{Answer, Reply};

/// The states that a request may be applied to, by their `ETag`s.
#[derive(Debug, Default)]
pub struct Preconditions {
    if_match: Vec<HeaderValue>,
    if_none_match: Vec<HeaderValue>,
}

parameters!(Preconditions {
    /// Refuse unless this is its `ETag` by now
    WANTED: Text = header "If-Match";
    /// Refuse if this is its `ETag` by now, or, with `*`, whatever it is
    EXCLUDED: Text = header "If-None-Match";
});

impl Preconditions {
    pub fn of(headers: &HeaderMap) -> Self {
        Self { if_match: values(headers, IF_MATCH), if_none_match: values(headers, IF_NONE_MATCH) }
    }

    /// Whether an `ETag` is wanted.
    pub fn has_if_match(&self) -> bool {
        !self.if_match.is_empty()
    }

    /// Whether nothing may be there.
    pub fn excludes_all(&self) -> bool {
        is_any(&self.if_none_match)
    }

    /// The refusal of something that is there, although nothing may be.
    pub fn exists() -> Problem {
        let detail = "there is something at this path, which If-None-Match excludes";
        Problem::new(Code::PreconditionFailed, detail)
    }

    /// Whether only some states are accepted.
    pub fn is_specific(&self) -> bool {
        (self.has_if_match() && !is_any(&self.if_match)) || !self.if_none_match.is_empty()
    }

    /// Refuses what an account has from this version on unless it is accepted. Where only some states
    /// are, it is the version with which the rules have to compare again.
    pub fn expect(&self, account: AccountId, version: u64) -> Result<Option<u64>, Problem> {
        self.check(&etag(account, version))?;
        Ok(self.is_specific().then_some(version))
    }

    /// Refuses a state with this `ETag` unless it is accepted.
    fn check(&self, etag: &str) -> Result<(), Problem> {
        let is_wanted = is_any(&self.if_match) || tags(&self.if_match).any(|tag| tag == etag);
        let detail = if self.has_if_match() && !is_wanted {
            format!("it is {etag} by now: read it again, and decide again")
        } else if matches_weakly(&self.if_none_match, etag) {
            format!("it is there, as {etag}, which If-None-Match excludes")
        } else {
            return Ok(());
        };
        Err(Problem::new(Code::PreconditionFailed, detail).with("etag", etag))
    }
}

/// The `ETag` of what an account had from a version on. It is the same on every node, and another
/// account that gets the name of this one has none like it.
pub fn etag(account: AccountId, version: u64) -> String {
    format!("\"{account}-{version}\"")
}

parameters!(struct Cached {
    /// Answer 304, without a body, if this is its `ETag` still
    CACHED: Text = header "If-None-Match";
});

/// What a request for something with an `ETag` has beside its path: what [`render_unless_cached`]
/// needs, and its query.
pub type Asked = (HeaderMap, Query);

/// The reply with its `ETag`, or 304 if the client has it in its cache.
pub fn render_unless_cached(headers: &HeaderMap, reply: Reply, etag: String) -> Answer {
    let Preconditions { if_match, if_none_match } = Preconditions::of(headers);
    Preconditions { if_match, if_none_match: Vec::new() }.check(&etag)?;
    let has_it = matches_weakly(&if_none_match, &etag);
    let reply = if has_it { reply.not_modified() } else { reply };
    Ok(reply.tagged(etag).render())
}

fn values(headers: &HeaderMap, name: HeaderName) -> Vec<HeaderValue> {
    headers.get_all(name).iter().cloned().collect()
}

/// Whether the header is `*`, which is any state.
fn is_any(values: &[HeaderValue]) -> bool {
    values.iter().any(|value| value.as_bytes().trim_ascii() == b"*")
}

/// Whether one of the tags is this `ETag`, or a weak one of it: proxies that compress an answer make
/// its tag a weak one.
fn matches_weakly(values: &[HeaderValue], etag: &str) -> bool {
    let mut tags = tags(values).map(|tag| tag.strip_prefix("W/").unwrap_or(tag));
    is_any(values) || tags.any(|tag| tag == etag)
}

/// The tags in the values. Ours have no commas in them.
fn tags(values: &[HeaderValue]) -> impl Iterator<Item = &str> {
    let texts = values.iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|tags| tags.split(',')).map(str::trim)
}
