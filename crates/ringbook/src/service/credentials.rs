//! Who may act for an account: API keys and tokens (contract, "Replies" and "Generate Token").

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use directory::limits::TOKEN_VALID_US;
use directory::{
    ApiAuthentication, ApiKeys, Command, IssuedToken, KeyId, KeyScope, Profile, Refusal, Tokens,
};

use super::accounts::Cell;
use super::{Failure, Service, Tenant, Throttled};
use crate::secret::{Token, sha256};
use crate::store::Origin;

/// What a caller shows.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// The name of the account.
    pub user_name: &'a str,
    /// The API key, if there is one and it is not empty.
    pub api_key: Option<&'a str>,
    /// The token, if there is one and it is not empty.
    pub token: Option<&'a str>,
    /// Where the caller is; nothing for one that is not guarded against.
    pub source: Option<IpAddr>,
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
    /// Too many that came from there were wrong, so these were not tried.
    #[error("{0}")]
    Throttled(Throttled),
    /// The store cannot tell.
    #[error("{0}")]
    Failed(Failure),
}

impl Denied {
    /// Whether the secret itself is wrong, as a guess is.
    fn is_wrong(&self) -> bool {
        match self {
            Self::UserNameOrApiKey | Self::TokenInvalid => true,
            Self::TokenMissing
            | Self::ApiKeyMissing
            | Self::TokenExpired
            | Self::Throttled(_)
            | Self::Failed(_) => false,
        }
    }
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
        self.admit(&credentials, |head| check(&credentials, head, now_us)).await
    }

    /// The account, if the API key is one of its keys, whatever its scope: for the native API.
    pub async fn authenticate_key(&self, credentials: Credentials<'_>) -> Result<Access, Denied> {
        let now_us = self.clock.now_us();
        self.admit(&credentials, |head| find_key(head, credentials.api_key, now_us)).await
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

    /// The account, if the API key is good for everything, whichever credentials the account
    /// wants for calls: for Generate Token.
    pub async fn authenticate_by_key(
        &self,
        credentials: Credentials<'_>,
    ) -> Result<Access, Denied> {
        let now_us = self.clock.now_us();
        self.admit(&credentials, |head| full_key(head, credentials.api_key, now_us)).await
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

    /// The account, if `check` lets it pass. What memory knows to be right is let in at once; of
    /// all else, wrong tries are counted by their source.
    async fn admit(
        &self,
        credentials: &Credentials<'_>,
        check: impl Fn(&Head<'_>) -> Result<Shown, Denied>,
    ) -> Result<Access, Denied> {
        let remembered = match self.remembered_cell(credentials.user_name) {
            None => None,
            Some(cell) => match check_cell(&cell, &check) {
                Ok(shown) => return Ok(self.access(cell, shown)),
                Err(denied) => Some((cell, denied)),
            },
        };
        let is_guess = remembered.as_ref().is_none_or(|(_, denied)| denied.is_wrong());
        if let Some(source) = credentials.source.filter(|_| is_guess) {
            self.throttle.check_source(source).map_err(Denied::Throttled)?;
        }
        let remembered = remembered.map(|(cell, _)| cell);
        let admitted = self.admit_by_store(credentials.user_name, remembered, check).await;
        if let (Some(source), Err(denied)) = (credentials.source, &admitted)
            && denied.is_wrong()
        {
            self.throttle.count_wrong_credentials(source);
        }
        admitted
    }

    /// The same for what memory does not know, or has refused. A refusal is believed only when the
    /// memory is at what the store has: the operator may have changed the key a moment ago.
    async fn admit_by_store(
        &self,
        user_name: &str,
        remembered: Option<Arc<Cell>>,
        check: impl Fn(&Head<'_>) -> Result<Shown, Denied>,
    ) -> Result<Access, Denied> {
        let failed = |failure: Failure| Denied::Failed(failure);
        if let Some(cell) = remembered {
            match self.current(&Tenant(Arc::clone(&cell))).await {
                Ok(()) => {
                    let shown = check_cell(&cell, &check)?;
                    return Ok(self.access(cell, shown));
                }
                // It is gone; another one may have its name by now.
                Err(Failure::Refused(Refusal::NoSuchAccount)) => {}
                Err(failure) => return Err(failed(failure)),
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

fn check_cell(
    cell: &Cell,
    check: impl Fn(&Head<'_>) -> Result<Shown, Denied>,
) -> Result<Shown, Denied> {
    let account = cell.account();
    check(&Head { profile: &account.profile, tokens: &account.tokens, keys: &account.keys })
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
