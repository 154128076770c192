//! What is left of rate limits, as headers (draft-ietf-httpapi-ratelimit-headers).

use axum::http::{HeaderName, HeaderValue};

use crate::service::Quota;

/// How many requests are left, and for how long.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What the limits are.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Both headers, each a list with an item for each limit; none without a limit.
pub fn headers(quotas: &[Quota]) -> Vec<(HeaderName, HeaderValue)> {
    let list = |item: fn(&Quota) -> String| {
        let items: Vec<_> = quotas.iter().map(item).collect();
        HeaderValue::from_str(&items.join(", ")).expect("it is ASCII")
    };
    if quotas.is_empty() {
        return Vec::new();
    }
    vec![
        (RATE_LIMIT_POLICY, list(|it| format!("\"{}\";q={};w={}", it.name, it.most, it.pause_s))),
        (RATE_LIMIT, list(|it| format!("\"{}\";r={};t={}", it.name, it.left, it.reset_s))),
    ]
}
