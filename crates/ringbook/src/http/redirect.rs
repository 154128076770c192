//! Redirects to the paths that were meant.

use axum::http::Uri;
use axum::response::Redirect;

/// For a path with slashes at its end: the way to the same one without them, with the query. A 308,
/// with which clients repeat the method and the body.
pub fn without_slash(uri: &Uri) -> Option<Redirect> {
    let path = uri.path().trim_end_matches('/');
    // A browser takes what begins with `//` or `/\` for another server.
    let is_of_this_server = path.as_bytes().get(1).is_some_and(u8::is_ascii_alphanumeric);
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    (is_of_this_server && path != uri.path())
        .then(|| Redirect::permanent(&format!("{path}{query}")))
}
