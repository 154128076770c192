//! Credentials as requests present them in their headers. What is done about missing ones is for
//! each front end to say, and whether they are right for the service.

use std::net::IpAddr;

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::source::Source;

/// The legacy header with an API key.
pub const API_KEY: HeaderName = HeaderName::from_static("apikey");

/// A name and a password, as HTTP Basic credentials (RFC 7617). It has no `Debug`, for no log.
pub struct Basic {
    pub user_name: String,
    pub password: String,
}

/// Why there are no Basic credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BasicFault {
    /// There is no such header, or one of another scheme.
    Missing,
    /// The header is not Base64 of a name, a colon and a password in UTF-8.
    Unreadable,
}

/// HTTP Basic credentials of up to `bytes_max` bytes in Base64; longer ones count as missing.
pub fn basic(headers: &HeaderMap, bytes_max: usize) -> Result<Basic, BasicFault> {
    let encoded = authorization(headers, "Basic").filter(|encoded| encoded.len() <= bytes_max);
    let decoded = STANDARD.decode(encoded.ok_or(BasicFault::Missing)?.trim()).ok();
    let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or(BasicFault::Unreadable)?;
    let (user_name, password) = decoded.split_once(':').ok_or(BasicFault::Unreadable)?;
    Ok(Basic { user_name: user_name.to_owned(), password: password.to_owned() })
}

/// A Bearer token (RFC 6750) of up to `bytes_max` bytes; a longer one counts as missing.
pub fn bearer(headers: &HeaderMap, bytes_max: usize) -> Option<&str> {
    authorization(headers, "Bearer").filter(|token| token.len() <= bytes_max).map(str::trim)
}

/// The header `apiKey`.
pub fn api_key(headers: &HeaderMap) -> Option<&str> {
    let [api_key, _] = single(headers)?;
    Some(api_key?.to_str().ok()?.trim())
}

/// Where the request comes from.
pub fn source(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<Source>().map(|source| source.address)
}

/// What the header `Authorization` has after the name of the scheme, in any case.
fn authorization<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    let [_, authorization] = single(headers)?;
    let (given, rest) = authorization?.to_str().ok()?.trim().split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// The headers with credentials, `apiKey` and `Authorization`; none at all if one is there twice with
/// different values, as a proxy may have checked the other one. Equal values count as one.
fn single(headers: &HeaderMap) -> Option<[Option<&HeaderValue>; 2]> {
    let [api_key, authorization] = [API_KEY, AUTHORIZATION].map(|name| {
        let mut values = headers.get_all(name).iter();
        let first = values.next();
        values.all(|value| Some(value) == first).then_some(first)
    });
    Some([api_key?, authorization?])
}
