//! What the head of any request must be like, whatever the request is about.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Request, Response, StatusCode, Version};
use axum::response::IntoResponse as _;

/// The header of a refusal with its reason.
pub const REASON: HeaderName = HeaderName::from_static("ringbook-reason");

/// Refuses a request that HTTP itself forbids, whichever API it is for: without a `Host` in
/// HTTP/1.1, or with another than one valid `Host` (RFC 9112, section 3.2), or with two types of the
/// body, of which servers take different ones (RFC 9110, section 5.3), or with a body in a form that is
/// not known here (RFC 9112, section 6.1). Then the end of the body is in doubt, and the connection
/// ends.
pub fn refuse<B>(request: &Request<B>) -> Option<Response<Body>> {
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter();
    let has_host = match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        // An empty one is for targets without a host.
        (Some(host), None) => {
            host.is_empty()
                || Authority::try_from(host.as_bytes())
                    .is_ok_and(|host| !host.as_str().contains('@'))
        }
        _ => false,
    };
    let (status, reason) = if !has_host {
        (StatusCode::BAD_REQUEST, "Host: it is given once, as the name or address of the server")
    } else if headers.get_all(CONTENT_TYPE).iter().nth(1).is_some() {
        (StatusCode::BAD_REQUEST, "Content-Type: it is given once")
    // The parser has made sure that the last one is `chunked`. It reads no other.
    } else if items(headers, &TRANSFER_ENCODING).nth(1).is_some() {
        (StatusCode::NOT_IMPLEMENTED, "Transfer-Encoding: only chunked is supported, given once")
    } else {
        return None;
    };
    let headers = [(CONNECTION, "close"), (REASON, reason)];
    Some((status, headers, format!("{reason}\n")).into_response())
}

/// The encoding of a body that is compressed: read as it is, it would be something else.
pub fn unsupported_encoding(headers: &HeaderMap) -> Option<String> {
    items(headers, &CONTENT_ENCODING).find(|item| !item.eq_ignore_ascii_case("identity"))
}

/// The items of a header that is a list, without empty ones (RFC 9110, section 5.6.1).
fn items(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    let values = headers.get_all(name).iter();
    let items = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let items = items.map(<[u8]>::trim_ascii).filter(|item| !item.is_empty());
    items.map(|item| String::from_utf8_lossy(item).into_owned())
}
