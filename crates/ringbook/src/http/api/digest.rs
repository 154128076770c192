//! The header `Content-Digest` (RFC 9530): a body that is not the one that it names is refused, as one
//! that broke off.

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{StreamExt as _, try_unfold};
use sha2::digest::DynDigest;
use sha2::{Sha256, Sha512};

use super::code::Code;
use super::parameter::{Parameter, Text};
use super::problem::Problem;

/// The header of each request with a body.
pub const CONTENT_DIGEST: Parameter<Text> = Parameter::header(
    "Content-Digest",
    "The hash of the body (RFC 9530), `sha-256` or `sha-512`: another body is refused",
);

/// The body is not the one that was announced.
#[derive(Debug, thiserror::Error)]
#[error("the body is not the one of its Content-Digest: send it again")]
struct Mismatch;

/// A hash of what has come so far, and what it is to be in the end.
type Hash = (Box<dyn DynDigest + Send>, Vec<u8>);

/// The request with a body that ends with an error if it is not the one of its `Content-Digest`.
pub fn checked(request: Request) -> Result<Request, Problem> {
    if request.method().is_safe() {
        return Ok(request);
    }
    let hashes = hashes(request.headers())?;
    if hashes.is_empty() {
        return Ok(request);
    }
    Ok(request.map(|body| {
        let begin = (body.into_data_stream(), hashes);
        Body::from_stream(try_unfold(begin, |(mut rest, mut hashes)| async move {
            if let Some(piece) = rest.next().await.transpose()? {
                for (so_far, _) in &mut hashes {
                    so_far.update(&piece);
                }
                return Ok(Some((piece, (rest, hashes))));
            }
            let is_same = |(so_far, expected): Hash| *so_far.finalize() == *expected;
            if hashes.into_iter().all(is_same) { Ok(None) } else { Err(axum::Error::new(Mismatch)) }
        }))
    }))
}

/// The problem, if it is why a body ended.
pub fn mismatch(mut error: &(dyn std::error::Error + 'static)) -> Option<Problem> {
    while !error.is::<Mismatch>() {
        error = error.source()?;
    }
    Some(Problem::new(Code::DigestMismatch, Mismatch.to_string()))
}

/// A key of a dictionary (RFC 9651).
fn is_key(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase() || first == '*')
        && name
            .chars()
            .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || "_-.*".contains(char))
}

/// The hashes of the header that are known here: a dictionary of byte sequences (RFC 9651).
fn hashes(headers: &HeaderMap) -> Result<Vec<Hash>, Problem> {
    let invalid = |why| Problem::new(Code::InvalidHeader, format!("Content-Digest: {why}"));
    let mut hashes = Vec::new();
    for value in headers.get_all(CONTENT_DIGEST.name) {
        let members = value.to_str().map_err(|_| invalid("cannot be read".into()))?;
        // An empty dictionary is one.
        for member in members.split(',').filter(|_| !members.trim().is_empty()) {
            let read = member.trim().split_once('=');
            let read = read.filter(|(name, value)| is_key(name) && !value.is_empty());
            let (name, value) = read.ok_or_else(|| invalid("cannot be read".into()))?;
            let (so_far, bytes): (Box<dyn DynDigest + Send>, _) = match name {
                "sha-256" => (Box::new(Sha256::default()), 32),
                "sha-512" => (Box::new(Sha512::default()), 64),
                _ => continue,
            };
            let text = value.strip_prefix(':').and_then(|text| text.strip_suffix(':'));
            let expected = text.and_then(|text| STANDARD.decode(text).ok());
            let expected = expected.filter(|expected| expected.len() == bytes);
            let expected = expected.ok_or_else(|| {
                invalid(format!("{name} is {bytes} bytes in Base64, as {name}=:…:"))
            })?;
            hashes.push((so_far, expected));
        }
    }
    Ok(hashes)
}
