//! The origins whose pages may call the native API from a browser: CORS, and a check of requests that
//! browsers send without asking. There are none by default.
//!
//! The legacy endpoint is for servers and has no CORS: its replies are fixed, byte for byte.

use std::str::FromStr;
use std::time::Duration;

use axum::Router;
use axum::http::header::{ETAG, HOST, LOCATION, ORIGIN, RETRY_AFTER};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use tower_http::cors::{AllowHeaders, CorsLayer};

use super::idempotency::REPLAYED;
use super::quota::{RATE_LIMIT, RATE_LIMIT_POLICY};
use super::request::{COUNT, DRY_RUN, REQUEST_ID};

/// How long browsers may cache a preflight.
const MAX_AGE: Duration = Duration::from_hours(1);

/// The response headers that pages may read, besides those that are always readable.
const EXPOSED: [HeaderName; 9] = [
    ETAG,
    LOCATION,
    REQUEST_ID,
    RETRY_AFTER,
    REPLAYED,
    COUNT,
    DRY_RUN,
    RATE_LIMIT,
    RATE_LIMIT_POLICY,
];

/// An origin whose pages may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedOrigin(HeaderValue);

/// A text that is not an origin as browsers send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an origin is as browsers send it, such as https://app.example.org or http://localhost:3000: \
     in lower case, without a path, without the usual port, and never *"
)]
pub struct AllowedOriginFault;

impl FromStr for AllowedOrigin {
    type Err = AllowedOriginFault;

    fn from_str(text: &str) -> Result<Self, AllowedOriginFault> {
        let read = || {
            let uri: Uri = text.parse().ok()?;
            let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
            let usual_port = match scheme {
                "http" => 80,
                "https" => 443,
                _ => return None,
            };
            let is_sent = format!("{scheme}://{authority}").to_lowercase() == text
                && !text.contains(['@', '*'])
                && authority.port_u16() != Some(usual_port);
            is_sent.then(|| HeaderValue::from_str(text).ok())?
        };
        read().map(Self).ok_or(AllowedOriginFault)
    }
}

/// Whether a page of another origin may have sent a request that changes something: a browser adds
/// the credentials that it remembers without asking us. The same checks as Go's
/// `CrossOriginProtection`: newer browsers say where a request comes from (Fetch Metadata), others
/// send its origin, and other clients send neither.
pub fn is_forged(method: &Method, headers: &HeaderMap, allowed: &[AllowedOrigin]) -> bool {
    let origin = headers.get(ORIGIN);
    let is_allowed = |origin| allowed.iter().any(|AllowedOrigin(allowed)| allowed == origin);
    if method.is_safe() || origin.is_some_and(is_allowed) {
        return false;
    }
    match headers.get("sec-fetch-site") {
        Some(site) => site != "same-origin" && site != "none",
        None => origin.is_some_and(|origin| !is_own(origin, headers.get(HOST))),
    }
}

/// Whether an origin names the host of the request. A proxy with TLS may hide the scheme.
fn is_own(origin: &HeaderValue, host: Option<&HeaderValue>) -> bool {
    let origin = origin.to_str().ok().and_then(|text| text.parse::<Uri>().ok());
    let host = host.and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let (Some(origin), Some(host)) = (origin, host) else { return false };
    let usual_port = if origin.scheme_str() == Some("https") { 443 } else { 80 };
    let port = |port: Option<u16>| port.unwrap_or(usual_port);
    origin.scheme().is_some()
        && origin.host().is_some_and(|name| name.eq_ignore_ascii_case(host.host()))
        && port(origin.port_u16()) == port(host.port_u16())
}

/// Adds CORS to the routes, unless there is no allowed origin.
pub fn around<S>(routes: Router<S>, origins: &[AllowedOrigin]) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    if origins.is_empty() {
        return routes;
    }
    let origins: Vec<_> = origins.iter().map(|AllowedOrigin(origin)| origin.clone()).collect();
    let layer = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        // Any header is allowed: the API ignores unknown ones, and cookies.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED)
        .max_age(MAX_AGE);
    routes.layer(layer)
}
