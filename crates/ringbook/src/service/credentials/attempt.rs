//! Verifying credentials against an account. This module must not know where the account comes from.

use std::sync::{Arc, LazyLock};

use directory::{ApiAuthentication, ApiKeys, KeyId, KeyScope, Profile, Tokens};

use super::{Accepted, Credentials, Denied};
use crate::secret::sha256;

/// Credentials, and the part of an account that decides whether they are right.
pub struct Attempt<'a> {
    pub credentials: &'a Credentials<'a>,
    /// The account's settings, with the hash of its own key.
    pub profile: &'a Profile,
    pub tokens: &'a Tokens,
    pub keys: &'a ApiKeys,
    /// The time, microseconds UTC.
    pub now_us: i64,
}

/// A key, or a token, that is right.
pub struct Verified {
    /// The hash of the key or token.
    pub sha256: [u8; 32],
    /// The key; of a token, the account's own one.
    pub id: KeyId,
    pub scope: KeyScope,
    /// The caller, as the history names them.
    pub source: Arc<str>,
}

/// The source of changes by the account's own API key, or by a token.
static OWN_KEY: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("api"));

impl Attempt<'_> {
    /// Verifies the credentials.
    pub fn verify(&self, accepted: Accepted) -> Result<Verified, Denied> {
        match accepted {
            Accepted::AsSet => self.verify_as_set(),
            Accepted::AnyKey => self.verify_key(),
            Accepted::FullKey => self.verify_full_key(),
        }
    }

    fn verify_as_set(&self) -> Result<Verified, Denied> {
        let Credentials { api_key, token, .. } = self.credentials;
        match (self.profile.api_authentication, api_key, token) {
            (ApiAuthentication::BasicAuth, None, Some(_)) => Err(Denied::ApiKeyMissing),
            (ApiAuthentication::BasicAuth, ..) => self.verify_full_key(),
            (ApiAuthentication::TokenAuth, _, Some(token)) => self.verify_token(token),
            (ApiAuthentication::TokenAuth, _, None) => {
                self.verify_full_key()?;
                Err(Denied::TokenMissing)
            }
        }
    }

    /// To the legacy endpoint, which has no scopes, a key of another scope is a wrong one.
    fn verify_full_key(&self) -> Result<Verified, Denied> {
        let verified = self.verify_key()?;
        if verified.scope == KeyScope::Full { Ok(verified) } else { Err(Denied::UserNameOrApiKey) }
    }

    fn verify_key(&self) -> Result<Verified, Denied> {
        // The time to compare hashes discloses nothing about the key.
        let sha256 = sha256(self.credentials.api_key.ok_or(Denied::UserNameOrApiKey)?);
        if sha256 == self.profile.api_key_sha256 {
            return Ok(Verified::own(sha256));
        }
        match self.keys.find(&sha256) {
            Some(key) if key.is_valid(self.now_us) => Ok(Verified {
                sha256,
                id: key.id,
                scope: key.scope,
                source: format!("api:{}", key.name.as_str()).into(),
            }),
            _ => Err(Denied::UserNameOrApiKey),
        }
    }

    fn verify_token(&self, token: &str) -> Result<Verified, Denied> {
        let newest = self.tokens.newest.as_ref().filter(|newest| newest.sha256 == sha256(token));
        let newest = newest.ok_or(Denied::TokenInvalid)?;
        if self.now_us >= newest.expires_us {
            return Err(Denied::TokenExpired);
        }
        Ok(Verified::own(newest.sha256))
    }
}

impl Verified {
    /// The account's own key, or a token that was made from it.
    fn own(sha256: [u8; 32]) -> Self {
        Self { sha256, id: KeyId::MAIN, scope: KeyScope::Full, source: Arc::clone(&OWN_KEY) }
    }
}
