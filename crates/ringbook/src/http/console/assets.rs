//! The style sheet and the scripts, compressed. The hash of its content stands in the name of each,
//! so a browser keeps it for good.

use std::io::Write as _;
use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use super::page::Problem;

/// A file that pages refer to.
pub struct Asset {
    /// Its path, such as `/console/assets/console-Hwqb….css`.
    pub path: String,
    media_type: &'static str,
    plain: &'static [u8],
    gzip: Bytes,
}

impl Asset {
    fn new(name: &str, kind: &str, media_type: &'static str, plain: &'static [u8]) -> Self {
        let hash = Sha256::digest(plain);
        let hash = URL_SAFE_NO_PAD.encode(&hash[..9]);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let gzip = encoder.write_all(plain).and_then(|()| encoder.finish());
        let gzip = gzip.expect("it is written to memory").into();
        Self { path: format!("/console/assets/{name}-{hash}.{kind}"), media_type, plain, gzip }
    }
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// htmx 2.0.11, as it is published.
const HTMX_BYTES: &[u8] = include_bytes!("../../../assets/htmx.min.js");

pub static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let style = include_bytes!("../../../assets/console.css");
    Asset::new("console", "css", "text/css; charset=utf-8", style)
});
pub static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("console", "js", JAVASCRIPT, include_bytes!("../../../assets/console.js"))
});
pub static HTMX: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("htmx", "js", JAVASCRIPT, HTMX_BYTES));
pub static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("icon", "svg", "image/svg+xml", include_bytes!("../../../assets/icon.svg"))
});

/// `GET /console/assets/{name}`
pub async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response<Body> {
    let is_asked = |asset: &&Asset| asset.path.rsplit('/').next() == Some(&name);
    let assets: [&Asset; 4] = [&STYLE, &SCRIPT, &HTMX, &ICON];
    let Some(asset) = assets.into_iter().find(is_asked) else {
        return Problem::new(StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let takes_gzip = accepted.is_some_and(|accepted| {
        accepted.split(',').any(|one| one.split(';').next().is_some_and(|it| it.trim() == "gzip"))
    });
    let body = if takes_gzip { asset.gzip.clone() } else { Bytes::from_static(asset.plain) };
    let headers = [
        (CONTENT_TYPE, asset.media_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (VARY, "accept-encoding"),
    ];
    let mut response = (headers, body).into_response();
    if takes_gzip {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// A change of the file is seen here, and `HTMX_BYTES` says which version it is.
    #[test]
    fn htmx_is_as_published() {
        let hash = STANDARD.encode(Sha256::digest(HTMX_BYTES));
        assert_eq!(hash, "1v3HXyBOa976mbab8ebUrGm4o2T3eSn0XBNHa0AA9xc=");
    }

    #[test]
    fn all_assets_have_less_than_100_kb() {
        let bytes: usize =
            [&STYLE, &SCRIPT, &HTMX, &ICON].map(|asset| asset.gzip.len()).iter().sum();
        assert!(bytes < 100_000, "{bytes}");
    }
}
