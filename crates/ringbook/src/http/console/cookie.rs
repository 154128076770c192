//! The console's cookies: the session, and a message that is shown once.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// A cookie, named as it is over plain HTTP.
#[derive(Clone, Copy)]
pub struct Cookie(&'static str);

/// Has the token of the session, until the browser is closed.
pub const SESSION: Cookie = Cookie("ringbook");

/// Has a [`Flash`].
pub const FLASH: Cookie = Cookie("ringbook-flash");

/// What was done, shown on the next page. It comes back from the browser, so it is no more than a
/// text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Flash {
    /// A sentence, such as `Ravi was added.`
    pub text: String,
    /// The change that "Undo" takes back, such as `c17`.
    pub change: Option<String>,
    /// How much of it: `change`, `request` or `import`.
    pub what: String,
}

impl Cookie {
    /// Over TLS no other host and no plain HTTP can set it.
    fn name(self, is_https: bool) -> String {
        let prefix = if is_https { "__Host-" } else { "" };
        format!("{prefix}{}", self.0)
    }

    /// Its value in a request.
    pub fn read(self, headers: &HeaderMap, is_https: bool) -> Option<&str> {
        let name = self.name(is_https);
        let fields = headers.get_all(COOKIE).iter().filter_map(|field| field.to_str().ok());
        let mut pairs = fields.flat_map(|field| field.split(';')).map(str::trim);
        pairs.find_map(|pair| pair.strip_prefix(&*name)?.strip_prefix('='))
    }

    /// `Set-Cookie` with this value, which has no character that a cookie cannot have.
    pub fn set(self, value: &str, is_https: bool) -> HeaderValue {
        self.header(value, is_https, "")
    }

    /// `Set-Cookie` that removes it.
    pub fn remove(self, is_https: bool) -> HeaderValue {
        self.header("", is_https, "; Max-Age=0")
    }

    fn header(self, value: &str, is_https: bool, more: &str) -> HeaderValue {
        let secure = if is_https { "; Secure" } else { "" };
        let name = self.name(is_https);
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}");
        HeaderValue::try_from(text).expect("it is ASCII")
    }
}

impl Flash {
    /// A message with nothing to undo.
    pub fn of(text: String) -> Self {
        Self { text, change: None, what: String::new() }
    }

    pub fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("it is plain data"))
    }

    pub fn read(value: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()
    }
}
