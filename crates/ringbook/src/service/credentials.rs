//! Who may act for an account: API keys and tokens (contract, "Replies" and "Generate Token"). This
//! module must not know how a request carries them.

mod attempt;

use std::net::IpAddr;
use std::sync::Arc;

use directory::limits::TOKEN_VALID_US;
use directory::{Account, ApiAuthentication, Command, IssuedToken, KeyId, KeyScope, Refusal};

use self::attempt::{Attempt, Verified};
use super::cache::CachedAccount;
use super::{CommandRequest, Failure, Service, Tenant, Throttled};
use crate::secret::Token;
use crate::store::{AccountHead, Origin};

/// The credentials of a request.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// The name of the account.
    pub user_name: &'a str,
    /// The API key, if it is not empty.
    pub api_key: Option<&'a str>,
    /// The token, if it is not empty.
    pub token: Option<&'a str>,
    /// The caller's address; none for a caller whose wrong credentials are not counted.
    pub source: Option<IpAddr>,
}

/// The credentials that an endpoint accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// What the account is set to: an API key of full scope, or a token.
    AsSet,
    /// An API key of any scope.
    AnyKey,
    /// An API key of full scope.
    FullKey,
}

/// Why a caller may not act for the account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No such account, or the API key is missing or wrong. Which of them is not disclosed.
    #[error("userName or apiKey not valid")]
    UserNameOrApiKey,
    /// The key is right, but the account is set to tokens.
    #[error("the account wants a token")]
    TokenMissing,
    /// There is a token, but the account is set to API keys.
    #[error("the account wants the API key")]
    ApiKeyMissing,
    /// The token is not the newest one of the account.
    #[error("the token is not valid")]
    TokenInvalid,
    /// The token was valid until it expired.
    #[error("the token has expired")]
    TokenExpired,
    /// Too many credentials from the address were wrong, so these were not tried.
    #[error("{0}")]
    Throttled(Throttled),
    /// The store does not answer.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl Denied {
    /// Whether the secret itself is wrong, as a guess would be.
    fn is_wrong(&self) -> bool {
        matches!(self, Self::UserNameOrApiKey | Self::TokenInvalid)
    }
}

/// Why no token is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenDenied {
    /// The account is not set to tokens.
    #[error("account: API Authentication is BASIC_AUTH, tokens are for TOKEN_AUTH")]
    NotForTokens,
    /// Too many tokens within the hour, or the store failed.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// An account that a caller may act for, and the key that allows it.
#[derive(Clone)]
pub struct Access {
    /// The account.
    pub tenant: Tenant,
    /// The key.
    pub key: KeyId,
    /// What the key allows.
    pub scope: KeyScope,
    /// The caller, as the history names them.
    pub source: Arc<str>,
    /// The hash of the key or token.
    key_sha256: [u8; 32],
}

impl Service {
    /// Authenticates by the accepted credentials. What memory knows to be right passes at once. Of
    /// all else, wrong credentials are counted by their source.
    pub async fn authenticate(
        &self,
        credentials: &Credentials<'_>,
        accepted: Accepted,
    ) -> Result<Access, Denied> {
        let cached = self.cached_account(credentials.user_name);
        let is_guess = match &cached {
            None => true,
            Some(cached) => match self.authenticate_by_memory(cached, credentials, accepted) {
                Err(denied) => denied.is_wrong(),
                passed => return passed,
            },
        };
        if let Some(source) = credentials.source.filter(|_| is_guess) {
            self.throttle.check_source(source).map_err(Denied::Throttled)?;
        }
        let result = self.authenticate_by_store(cached, credentials, accepted).await;
        if let (Some(source), Err(denied)) = (credentials.source, &result)
            && denied.is_wrong()
        {
            self.throttle.count_wrong_credentials(source);
        }
        result
    }

    /// Whether the caller's key is still valid and allows the same, as far as memory knows. Fails
    /// if the account was deleted.
    pub fn is_still_valid(&self, access: &Access) -> Result<bool, Failure> {
        let account = access.tenant.0.read();
        if access.tenant.0.is_deleted() {
            return Err(Refusal::NoSuchAccount.into());
        }
        Ok(match account.keys.find(&access.key_sha256) {
            Some(key) => key.is_valid(self.clock.now_us()) && key.scope == access.scope,
            None => account.profile.api_key_sha256 == access.key_sha256,
        })
    }

    /// Makes a token for an account set to `TOKEN_AUTH`. The previous one is no longer valid.
    pub async fn generate_token(
        &self,
        tenant: &Tenant,
        origin: Origin,
    ) -> Result<Token, TokenDenied> {
        // The claims have whole seconds; the token is valid for as long as they say.
        let issued_us = origin.at_us;
        let expires_us = (issued_us + TOKEN_VALID_US) / 1_000_000 * 1_000_000;
        let token = {
            let account = tenant.0.read();
            if account.profile.api_authentication == ApiAuthentication::BasicAuth {
                return Err(TokenDenied::NotForTokens);
            }
            Token::make(account.profile.user_name.as_str(), issued_us, expires_us)
        };
        let issued = IssuedToken { sha256: token.sha256(), issued_us, expires_us };
        let request = CommandRequest::new(Command::IssueToken { issued }, origin);
        self.execute(tenant, request).await?;
        Ok(token)
    }

    fn authenticate_by_memory(
        &self,
        cached: &Arc<CachedAccount>,
        credentials: &Credentials<'_>,
        accepted: Accepted,
    ) -> Result<Access, Denied> {
        let now_us = self.clock.now_us();
        let verified = {
            let Account { profile, tokens, keys, .. } = &**cached.read();
            Attempt { credentials, profile, tokens, keys, now_us }.verify(accepted)?
        };
        Ok(self.access(Arc::clone(cached), verified))
    }

    /// The same for what memory does not know, or has refused. A refusal counts only if the memory
    /// is current: the operator may have changed the key a moment ago.
    async fn authenticate_by_store(
        &self,
        cached: Option<Arc<CachedAccount>>,
        credentials: &Credentials<'_>,
        accepted: Accepted,
    ) -> Result<Access, Denied> {
        if let Some(cached) = cached {
            match self.refresh(&Tenant(Arc::clone(&cached))).await {
                Ok(()) => return self.authenticate_by_memory(&cached, credentials, accepted),
                // It was deleted; another one may have its name by now.
                Err(Failure::Refused(Refusal::NoSuchAccount)) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
        // An account is loaded only for right credentials.
        let name = credentials.user_name.to_owned();
        let found = self.query(move |store| store.find_account(&name)).await;
        let head = found.map_err(Failure::from)?.ok_or(Denied::UserNameOrApiKey)?;
        let AccountHead { profile, tokens, keys, .. } = &head;
        let now_us = self.clock.now_us();
        let attempt = Attempt { credentials, profile, tokens, keys, now_us };
        let verified = attempt.verify(accepted)?;
        let cached = self.load(head).await?.ok_or(Denied::UserNameOrApiKey)?;
        Ok(self.access(cached, verified))
    }

    fn access(&self, cached: Arc<CachedAccount>, verified: Verified) -> Access {
        cached.note_key_use(verified.id, self.clock.now_us());
        let Verified { sha256, id, scope, source } = verified;
        Access { tenant: Tenant(cached), key: id, scope, source, key_sha256: sha256 }
    }
}
