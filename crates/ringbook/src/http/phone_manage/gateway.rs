//! Check 1 of all endpoints: the method, and the size, type and syntax of the body.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use http_body_util::{BodyExt as _, Limited};

use super::answer::Answer;
use super::body::{self, Fields};
use super::reason::quoted;
use super::reply::Reply;
use crate::http::credentials;
use crate::http::head::unsupported_encoding;
use crate::http::limits::{BODY_BYTES_MAX, BODY_TIMEOUT, HEAD_BYTES_MAX};
use crate::service::Credentials;

/// The head and the body, if the method is one of those in `allow`, the value of the header `Allow`,
/// and the size is right.
pub async fn read(request: Request, allow: &'static str) -> Result<(Parts, Bytes), Answer> {
    let (head, content) = request.into_parts();
    if !allow.split([',', ' ']).any(|method| head.method == method) {
        let reason = format!("method: {} is not allowed, use POST", head.method);
        return Err(Answer::not_allowed(allow, reason));
    }
    let bytes = read_body(content).await?;
    Ok((head, bytes))
}

/// The fields of the body, if its type is right.
pub fn parse<'b>(head: &Parts, bytes: &'b [u8]) -> Result<Fields<'b>, Answer> {
    check_content_type(&head.headers)?;
    check_encoding(&head.headers)?;
    body::parse(bytes).map_err(|why| Answer::because(Reply::INVALID_JSON, why))
}

async fn read_body(body: Body) -> Result<Bytes, Answer> {
    let too_large = || Answer::because(Reply::TOO_LARGE, "body: larger than 65536 bytes");
    let announced = hyper::body::Body::size_hint(&body).lower();
    if announced > BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let collected = Limited::new(body, BODY_BYTES_MAX).collect();
    match tokio::time::timeout(BODY_TIMEOUT, collected).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Answer::because(Reply::INVALID_JSON, "body: broke off")),
        Err(_) => {
            let reason = format!("body: did not arrive within {} s", BODY_TIMEOUT.as_secs());
            Err(Answer::because(Reply::INVALID_JSON, reason))
        }
    }
}

/// The header may be absent. Parameters such as a charset are ignored.
fn check_content_type(headers: &HeaderMap) -> Result<(), Answer> {
    // Almost always it is just that.
    let value = headers.get(CONTENT_TYPE).filter(|value| *value != "application/json");
    let Some(value) = value else { return Ok(()) };
    let value = String::from_utf8_lossy(value.as_bytes());
    let media_type = value.split(';').next().unwrap_or_default().trim();
    if media_type.is_empty() || media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let reason = format!("Content-Type: {} is not application/json", quoted(&value));
    Err(Answer::because(Reply::UNSUPPORTED_TYPE, reason))
}

/// Only `identity` is allowed, which means none.
fn check_encoding(headers: &HeaderMap) -> Result<(), Answer> {
    let Some(encoding) = unsupported_encoding(headers) else { return Ok(()) };
    let encoding = quoted(&encoding);
    let reason = format!("Content-Encoding: {encoding} is not supported, send the body as it is");
    Err(Answer::because(Reply::UNSUPPORTED_ENCODING, reason))
}

/// The credentials in a request. An empty key or token counts as none.
pub fn credentials<'a>(user_name: &'a str, head: &'a Parts) -> Credentials<'a> {
    let token = credentials::bearer(&head.headers, HEAD_BYTES_MAX);
    Credentials {
        user_name,
        api_key: credentials::api_key(&head.headers).filter(|key| !key.is_empty()),
        token: token.filter(|token| !token.is_empty()),
        source: credentials::source(head),
    }
}
