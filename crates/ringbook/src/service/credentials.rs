//! Who may act for an account: API keys and tokens (contract, "Replies" and "Generate Token").

use std::sync::{Arc, LazyLock};

use directory::limits::TOKEN_VALID_US;
use directory::{
    ApiAuthentication, ApiKeys, Command, IssuedToken, KeyId, KeyScope, Profile, Refusal, Tokens,
};

use super::accounts::Cell;
use super::{Failure, Service, Tenant};
use crate::secret::{Token, sha256};
use crate::store::{Origin, RequestId};

/// What a caller shows.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// The name of the account.
    pub user_name: &'a str,
    /// The API key, if there is one and it is not empty.
    pub api_key: Option<&'a str>,
    /// The token, if there is one and it is not empty.
    pub token: Option<&'a str>,
}

/// Why a caller may not act for the account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No such account, or no or another API key. Which of them is not told.
    #[error("userName or apiKey not valid")]
    UserNameOrApiKey,
    /// The key is right, and the account wants a token.
    #[error("the account wants a token")]
    TokenMissing,
    /// There is a token, and the account wants the API key.
    #[error("the account wants the API key")]
    ApiKeyMissing,
    /// The token is none of the account's, or a newer one has taken its place.
    #[error("the token is not valid")]
    TokenInvalid,
    /// The token was valid until its hour was over.
    #[error("the token has expired")]
    TokenExpired,
    /// The store cannot tell.
    #[error("{0}")]
    Failed(Failure),
}

/// Why no token is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenDenied {
    /// The account takes no tokens.
    #[error("account: API Authentication is BASIC_AUTH, tokens are for TOKEN_AUTH")]
    NotForTokens,
    /// It was not done: too many within the hour, or the store cannot.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// An account that somebody may act for, and by which of its keys.
#[derive(Clone)]
pub struct Access {
    /// The account.
    pub tenant: Tenant,
    /// The key.
    pub key: KeyId,
    /// What the key is good for.
    pub scope: KeyScope,
    /// Who, as the history names them.
    pub source: Arc<str>,
    /// The hash of the key that was shown.
    key_sha256: [u8; 32],
}

/// A key, or a token, that was shown and is right.
struct Shown {
    sha256: [u8; 32],
    id: KeyId,
    scope: KeyScope,
    source: Arc<str>,
}

/// Who changes something by the account's own API key, or by a token.
static OWN_KEY: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("api"));

impl Service {
    /// The account, if the credentials are right by its settings: for the legacy endpoint.
    pub async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Access, Denied> {
        let now_us = self.clock.now_us();
        self.admit(credentials.user_name, |head| check(&credentials, head, now_us)).await
    }

    /// The account, if the API key is one of its keys, whatever its scope: for the native API.
    pub async fn authenticate_key(&self, user_name: &str, api_key: &str) -> Result<Access, Denied> {
        let now_us = self.clock.now_us();
        self.admit(user_name, |head| find_key(head, Some(api_key), now_us)).await
    }

    /// Whether the key that somebody called with is still good for what it was good for then, as
    /// far as the memory knows.
    pub fn is_still_valid(&self, access: &Access) -> bool {
        let account = access.tenant.0.account();
        if access.tenant.0.is_gone() {
            return false;
        }
        match account.keys.find(&access.key_sha256) {
            Some(key) => key.is_valid(self.clock.now_us()) && key.scope == access.scope,
            None => account.profile.api_key_sha256 == access.key_sha256,
        }
    }

    /// The account, if the API key is right, whichever credentials it wants for calls.
    pub async fn authenticate_by_key(
        &self,
        user_name: &str,
        api_key: Option<&str>,
    ) -> Result<Access, Denied> {
        let now_us = self.clock.now_us();
        self.admit(user_name, |head| full_key(head, api_key, now_us)).await
    }

    /// Makes a token for an account set to `TOKEN_AUTH`; the earlier one is no longer valid.
    pub async fn generate_token(
        &self,
        tenant: &Tenant,
        origin: Origin,
    ) -> Result<Token, TokenDenied> {
        // The claims have whole seconds; the token is valid for as long as they say.
        let issued_us = origin.at_us;
        let expires_us = (issued_us + TOKEN_VALID_US) / 1_000_000 * 1_000_000;
        let token = {
            let account = tenant.0.account();
            if account.profile.api_authentication == ApiAuthentication::BasicAuth {
                return Err(TokenDenied::NotForTokens);
            }
            Token::make(account.profile.user_name.as_str(), issued_us, expires_us)
        };
        let issued = IssuedToken { sha256: token.sha256(), issued_us, expires_us };
        self.execute(tenant, Command::IssueToken { issued }, origin).await?;
        Ok(token)
    }

    /// The account, if `check` lets it pass. A failure is believed only when the memory is at
    /// what the store has: the operator may have changed the key a moment ago.
    async fn admit(
        &self,
        user_name: &str,
        check: impl Fn(&Head<'_>) -> Result<Shown, Denied>,
    ) -> Result<Access, Denied> {
        let failed = |failure: Failure| Denied::Failed(failure);
        if let Some(cell) = self.remembered_cell(user_name) {
            let try_memory = || {
                let account = cell.account();
                check(&Head {
                    profile: &account.profile,
                    tokens: &account.tokens,
                    keys: &account.keys,
                })
            };
            match try_memory() {
                Ok(shown) => return Ok(self.access(cell, shown)),
                Err(_) => match self.current(&Tenant(Arc::clone(&cell))).await {
                    Ok(()) => {
                        let shown = try_memory()?;
                        return Ok(self.access(cell, shown));
                    }
                    // It is gone; another one may have its name by now.
                    Err(Failure::Refused(Refusal::NoSuchAccount)) => {}
                    Err(failure) => return Err(failed(failure)),
                },
            }
        }
        // Nobody without credentials makes us load an account.
        let name = user_name.to_owned();
        let head = self.ask(move |store| store.find_account(&name)).await;
        let head = head.map_err(|error| failed(error.into()))?;
        let head = head.ok_or(Denied::UserNameOrApiKey)?;
        let shown =
            check(&Head { profile: &head.profile, tokens: &head.tokens, keys: &head.keys })?;
        let cell = self.load(head).await.map_err(failed)?.ok_or(Denied::UserNameOrApiKey)?;
        Ok(self.access(cell, shown))
    }

    fn access(&self, cell: Arc<Cell>, shown: Shown) -> Access {
        cell.note_key_use(shown.id, self.clock.now_us());
        let Shown { sha256, id, scope, source } = shown;
        Access { tenant: Tenant(cell), key: id, scope, source, key_sha256: sha256 }
    }
}

/// What of an account decides who may act for it.
struct Head<'a> {
    profile: &'a Profile,
    tokens: &'a Tokens,
    keys: &'a ApiKeys,
}

fn check(credentials: &Credentials<'_>, head: &Head<'_>, now_us: i64) -> Result<Shown, Denied> {
    match (head.profile.api_authentication, credentials.api_key, credentials.token) {
        (ApiAuthentication::BasicAuth, None, Some(_)) => Err(Denied::ApiKeyMissing),
        (ApiAuthentication::BasicAuth, api_key, _) => full_key(head, api_key, now_us),
        (ApiAuthentication::TokenAuth, _, Some(token)) => check_token(head.tokens, token, now_us),
        (ApiAuthentication::TokenAuth, api_key, None) => {
            full_key(head, api_key, now_us)?;
            Err(Denied::TokenMissing)
        }
    }
}

/// The key, if it is good for everything. The legacy endpoint knows no other kind, and says of
/// one what it says of a wrong key.
fn full_key(head: &Head<'_>, api_key: Option<&str>, now_us: i64) -> Result<Shown, Denied> {
    let shown = find_key(head, api_key, now_us)?;
    if shown.scope == KeyScope::Full { Ok(shown) } else { Err(Denied::UserNameOrApiKey) }
}

fn find_key(head: &Head<'_>, api_key: Option<&str>, now_us: i64) -> Result<Shown, Denied> {
    // Comparing hashes tells by its time nothing about the key.
    let shown = sha256(api_key.ok_or(Denied::UserNameOrApiKey)?);
    if shown == head.profile.api_key_sha256 {
        return Ok(Shown::own(shown));
    }
    match head.keys.find(&shown) {
        Some(key) if key.is_valid(now_us) => Ok(Shown {
            sha256: shown,
            id: key.id,
            scope: key.scope,
            source: format!("api:{}", key.name.as_str()).into(),
        }),
        _ => Err(Denied::UserNameOrApiKey),
    }
}

fn check_token(tokens: &Tokens, token: &str, now_us: i64) -> Result<Shown, Denied> {
    match &tokens.newest {
        Some(newest) if newest.sha256 == sha256(token) => {
            if now_us >= newest.expires_us {
                Err(Denied::TokenExpired)
            } else {
                Ok(Shown::own(newest.sha256))
            }
        }
        _ => Err(Denied::TokenInvalid),
    }
}

impl Shown {
    /// The account's own key, or a token that was made from it.
    fn own(sha256: [u8; 32]) -> Self {
        Self { sha256, id: KeyId::MAIN, scope: KeyScope::Full, source: Arc::clone(&OWN_KEY) }
    }
}
