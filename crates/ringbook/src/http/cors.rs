//! CORS: the origins whose pages may call the native API from a browser. There are none by default.
//!
//! The legacy endpoint is for servers and has no CORS: its replies are fixed, byte for byte.

use std::str::FromStr;
use std::time::Duration;

use axum::Router;
use axum::http::header::{ETAG, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use tower_http::cors::{AllowHeaders, CorsLayer};

use super::idempotency::REPLAYED;
use super::request::REQUEST_ID;

/// How long browsers may cache a preflight.
const MAX_AGE: Duration = Duration::from_hours(1);

/// The response headers that pages may read, besides those that are always readable.
const EXPOSED: [HeaderName; 5] = [ETAG, LOCATION, REQUEST_ID, RETRY_AFTER, REPLAYED];

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
        let uri: Uri = text.parse().map_err(|_| AllowedOriginFault)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(AllowedOriginFault);
        };
        let usual_port = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return Err(AllowedOriginFault),
        };
        let sent = format!("{scheme}://{authority}").to_lowercase();
        if sent != text || text.contains(['@', '*']) || authority.port_u16() == Some(usual_port) {
            return Err(AllowedOriginFault);
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| AllowedOriginFault)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_origins_as_browsers_send_them() {
        for text in [
            "https://app.example.org",
            "http://localhost:3000",
            "https://[::1]:8443",
            "http://a:443",
        ] {
            assert!(text.parse::<AllowedOrigin>().is_ok(), "{text}");
        }
        for text in [
            "",
            "*",
            "null",
            "app.example.org",
            "https://*.example.org",
            "https://app.example.org/",
            "https://app.example.org/path",
            "https://App.example.org",
            "https://app.example.org:443",
            "http://app.example.org:80",
            "https://user@app.example.org",
            "ftp://app.example.org",
            "https://",
        ] {
            assert_eq!(text.parse::<AllowedOrigin>(), Err(AllowedOriginFault), "{text}");
        }
    }
}
