//! API keys and tokens. They are never stored, only their hashes. `Debug` prints them as
//! redacted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::limits::{API_KEY_CHARACTERS_MAX, API_KEY_CHARACTERS_MIN};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256, Sha512};

/// An API key in clear text. Only [`reveal`](Self::reveal) shows it.
#[derive(Debug, Clone)]
pub struct ApiKey(secrecy::SecretString);

/// The text is not a valid API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an API key has 8 to 128 printable ASCII characters and no space")]
pub struct ApiKeyFault;

impl ApiKey {
    /// Makes a random key in the format of CloudAgent: `KK` and 32 lower-case hex digits.
    pub fn make() -> Self {
        Self(format!("KK{:032x}", u128::from_be_bytes(random())).into())
    }

    /// Makes a random key of the operator: `RBO` and 32 lower-case hex digits.
    pub fn make_operators() -> Self {
        Self(format!("RBO{:032x}", u128::from_be_bytes(random())).into())
    }

    /// Checks a key that the user has chosen.
    pub fn parse(text: &str) -> Result<Self, ApiKeyFault> {
        let length = API_KEY_CHARACTERS_MIN..=API_KEY_CHARACTERS_MAX;
        if !length.contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiKeyFault);
        }
        Ok(Self(text.into()))
    }

    /// The hash, which is what is stored.
    pub fn sha256(&self) -> [u8; 32] {
        sha256(self.reveal())
    }

    /// The key in clear text, to be shown once.
    pub fn reveal(&self) -> &str {
        secrecy::ExposeSecret::expose_secret(&self.0)
    }
}

/// A token in clear text: a JSON Web Token, HS512.
#[derive(Debug)]
pub struct Token(secrecy::SecretString);

impl Token {
    /// Makes a token with the claims `sub`, `iat` and `exp` (contract, "Generate Token").
    ///
    /// The server recognises a token by its SHA-256 and does not verify the signature. So each
    /// token is signed with a random key that is then discarded. Nobody who reads the store can
    /// make a token, and two tokens of the same second differ.
    pub fn make(user_name: &str, issued_us: i64, expires_us: i64) -> Self {
        let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = encode(serde_json::json!({"alg": "HS512", "typ": "JWT"}));
        let claims = encode(serde_json::json!({
            "sub": user_name,
            "iat": issued_us / 1_000_000,
            "exp": expires_us / 1_000_000,
        }));
        let signed = format!("{header}.{claims}");
        let mut mac = Hmac::<Sha512>::new_from_slice(&random::<64>())
            .expect("HMAC takes a key of any length");
        mac.update(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        Self(format!("{signed}.{signature}").into())
    }

    /// The hash, which is what is stored.
    pub fn sha256(&self) -> [u8; 32] {
        sha256(self.reveal())
    }

    /// The token in clear text, to be sent once.
    pub fn reveal(&self) -> &str {
        secrecy::ExposeSecret::expose_secret(&self.0)
    }
}

/// The token of a session of the console in clear text: 43 characters.
#[derive(Debug)]
pub struct SessionToken(secrecy::SecretString);

impl SessionToken {
    /// Makes a random token of 32 bytes.
    pub fn make() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random::<32>()).into())
    }

    /// The hash, which is what is stored.
    pub fn sha256(&self) -> [u8; 32] {
        sha256(self.reveal())
    }

    /// The token in clear text, to be sent once.
    pub fn reveal(&self) -> &str {
        secrecy::ExposeSecret::expose_secret(&self.0)
    }
}

/// SHA-256 of a text.
pub fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Random bytes from the system.
#[allow(clippy::disallowed_methods)] // This is the source of randomness.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    bytes
}
