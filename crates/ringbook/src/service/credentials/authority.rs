//! What a caller may do, verified against an account. This module must not know where the account
//! comes from.

use std::sync::{Arc, LazyLock};

use directory::{Account, ApiAuthentication, ApiKey, ApiKeys, KeyId, KeyScope, Profile, Tokens};

use super::{Accepted, Credentials, CredentialsFault};
use crate::secret::sha256;
use crate::store::{AccountHead, OperatorKey};

/// In whose name something is read or changed. Whoever decides on newer data verifies it again: a
/// key may have been deleted since the request was authenticated.
#[derive(Clone, Copy)]
pub enum Authority {
    /// Whoever may open the store, as the command line does: there is nothing to verify.
    Store,
    /// The operator, by the key with this SHA-256.
    Operator([u8; 32]),
    /// An account, by credentials that had this scope.
    Account(Presented, KeyScope),
}

impl Authority {
    /// Verifies the credentials of an account against the account as it is now.
    pub fn verify_account(&self, held: Held<'_>, now_us: i64) -> Result<(), CredentialsFault> {
        let Self::Account(presented, had) = self else { return Ok(()) };
        let key = presented.verify(held, now_us)?;
        if scope(key).allows(*had) { Ok(()) } else { Err(CredentialsFault::UserNameOrApiKey) }
    }

    /// Verifies an operator's key against their keys as they are now.
    pub fn verify_operator(
        &self,
        keys: &[OperatorKey],
        now_us: i64,
    ) -> Result<(), CredentialsFault> {
        let Self::Operator(sha256) = self else { return Ok(()) };
        find_operator_key(keys, sha256, now_us).map(drop).ok_or(CredentialsFault::OperatorKey)
    }
}

/// The valid key of the operator with that hash.
pub fn find_operator_key<'k>(
    keys: &'k [OperatorKey],
    sha256: &[u8; 32],
    now_us: i64,
) -> Option<&'k OperatorKey> {
    let is_valid = |key: &&OperatorKey| key.expires_us.is_none_or(|expires_us| now_us < expires_us);
    keys.iter().find(|key| key.sha256 == *sha256).filter(is_valid)
}

/// SHA-256 of the credentials of a request, and which of them count.
#[derive(Clone, Copy)]
pub struct Presented {
    api_key: Option<[u8; 32]>,
    token: Option<[u8; 32]>,
    accepted: Accepted,
}

impl Presented {
    pub fn of(credentials: &Credentials<'_>, accepted: Accepted) -> Self {
        // The time to compare hashes discloses nothing about the secret.
        let (api_key, token) = (credentials.api_key.map(sha256), credentials.token.map(sha256));
        Self { api_key, token, accepted }
    }

    /// A key of any scope, of which only the hash is known.
    pub fn of_key(sha256: [u8; 32]) -> Self {
        Self { api_key: Some(sha256), token: None, accepted: Accepted::AnyKey }
    }

    /// Verifies the credentials.
    pub fn verify(self, held: Held<'_>, now_us: i64) -> Result<NamedKey<'_>, CredentialsFault> {
        let attempt = Attempt { presented: self, held, now_us };
        match self.accepted {
            Accepted::AsSet => attempt.verify_as_set(),
            Accepted::AnyKey => attempt.verify_key(),
            Accepted::FullKey => attempt.verify_full_key(),
            Accepted::RoutingKey => attempt.verify_scope(&[KeyScope::Routing, KeyScope::Full]),
        }
    }

    /// What the credentials allow.
    pub fn grant(self, held: Held<'_>, now_us: i64) -> Result<Granted, CredentialsFault> {
        let key = self.verify(held, now_us)?;
        let id = key.map_or(KeyId::MAIN, |key| key.id);
        Ok(Granted { key: id, scope: scope(key), source: source(key) })
    }
}

/// What right credentials allow.
#[derive(Clone)]
pub struct Granted {
    pub key: KeyId,
    pub scope: KeyScope,
    /// The caller, as the history names them.
    pub source: Arc<str>,
}

/// The part of an account that decides whether credentials are right.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    /// The settings, with the hash of the account's own key.
    pub profile: &'a Profile,
    pub tokens: &'a Tokens,
    pub keys: &'a ApiKeys,
}

impl<'a> From<&'a Account> for Held<'a> {
    fn from(Account { profile, tokens, keys, .. }: &'a Account) -> Self {
        Self { profile, tokens, keys }
    }
}

impl<'a> From<&'a AccountHead> for Held<'a> {
    fn from(AccountHead { profile, tokens, keys, .. }: &'a AccountHead) -> Self {
        Self { profile, tokens, keys }
    }
}

/// Credentials, what the account holds, and the time, microseconds UTC.
struct Attempt<'a> {
    presented: Presented,
    held: Held<'a>,
    now_us: i64,
}

/// The key of right credentials; none for the account's own one, and for a token made from it.
pub type NamedKey<'a> = Option<&'a ApiKey>;

/// The source of changes by the account's own API key, or by a token.
static OWN_KEY: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("api"));

impl<'a> Attempt<'a> {
    fn verify_as_set(&self) -> Result<NamedKey<'a>, CredentialsFault> {
        let Presented { api_key, token, .. } = self.presented;
        match (self.held.profile.api_authentication, api_key, token) {
            (ApiAuthentication::BasicAuth, None, Some(_)) => Err(CredentialsFault::ApiKeyMissing),
            (ApiAuthentication::BasicAuth, ..) => self.verify_full_key(),
            (ApiAuthentication::TokenAuth, _, Some(token)) => self.verify_token(&token),
            (ApiAuthentication::TokenAuth, _, None) => {
                self.verify_full_key()?;
                Err(CredentialsFault::TokenMissing)
            }
        }
    }

    /// To the legacy endpoint, which has no scopes, a key of another scope is a wrong one.
    fn verify_full_key(&self) -> Result<NamedKey<'a>, CredentialsFault> {
        self.verify_scope(&[KeyScope::Full])
    }

    fn verify_scope(&self, scopes: &[KeyScope]) -> Result<NamedKey<'a>, CredentialsFault> {
        let key = self.verify_key()?;
        let is_right = scopes.contains(&scope(key));
        is_right.then_some(key).ok_or(CredentialsFault::UserNameOrApiKey)
    }

    fn verify_key(&self) -> Result<NamedKey<'a>, CredentialsFault> {
        let sha256 = self.presented.api_key.ok_or(CredentialsFault::UserNameOrApiKey)?;
        if sha256 == self.held.profile.api_key_sha256 {
            return Ok(None);
        }
        let key = self.held.keys.find(&sha256).filter(|key| key.is_valid(self.now_us));
        key.map(Some).ok_or(CredentialsFault::UserNameOrApiKey)
    }

    fn verify_token(&self, token: &[u8; 32]) -> Result<NamedKey<'a>, CredentialsFault> {
        let newest = self.held.tokens.newest.as_ref().filter(|newest| newest.sha256 == *token);
        let newest = newest.ok_or(CredentialsFault::TokenInvalid)?;
        if self.now_us >= newest.expires_us {
            return Err(CredentialsFault::TokenExpired);
        }
        Ok(None)
    }
}

/// The scope of right credentials.
fn scope(key: NamedKey<'_>) -> KeyScope {
    key.map_or(KeyScope::Full, |key| key.scope)
}

/// The caller, as the history names them.
fn source(key: NamedKey<'_>) -> Arc<str> {
    key.map_or_else(|| Arc::clone(&OWN_KEY), |key| format!("api:{}", key.name.as_str()).into())
}
