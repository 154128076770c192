//! What a PBX asks: parameters in the query and in the form of the body. Those that nobody reads are
//! passed over, as PBXs send what they like.

use std::borrow::Cow;

use axum::body::{Body, HttpBody as _};
use axum::http::StatusCode;
use axum::http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;

use crate::http::limits::{BODY_BYTES_MAX, BODY_TIMEOUT};

/// A request that has arrived whole.
pub struct Asked {
    /// Its head.
    pub head: Parts,
    /// Its body.
    pub form: String,
}

impl Asked {
    /// Reads the body, if there is one. The error is a status and what is wrong.
    pub(super) async fn read(head: Parts, body: Body) -> Result<Self, (StatusCode, &'static str)> {
        if body.is_end_stream() {
            return Ok(Self { head, form: String::new() });
        }
        let collected = Limited::new(body, BODY_BYTES_MAX).collect();
        match tokio::time::timeout(BODY_TIMEOUT, collected).await {
            Ok(Ok(collected)) => {
                let form = String::from_utf8_lossy(&collected.to_bytes()).into_owned();
                Ok(Self { head, form })
            }
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Err((StatusCode::PAYLOAD_TOO_LARGE, "body: larger than 65536 bytes"))
            }
            _ => Err((StatusCode::BAD_REQUEST, "body: broke off, or took more than 10 s")),
        }
    }

    /// The first value of that name, in the query or else in the form, decoded once. A `+` is a plus:
    /// no PBX writes a space so.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let texts = [self.head.uri.query().unwrap_or_default(), &self.form];
        texts.into_iter().flat_map(|text| text.split('&')).find_map(|pair| {
            // Most names are written as they are, and most are others.
            let value = pair.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
            value.map(decoded).or_else(|| {
                let (given, value) = pair.split_once('=').filter(|_| pair.contains('%'))?;
                (decoded(given) == name).then(|| decoded(value))
            })
        })
    }
}

/// A percent-encoded text. What is no UTF-8 becomes a character that nothing is named with.
pub fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}
