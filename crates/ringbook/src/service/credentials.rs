//! Who may act for an account: API keys and tokens (contract, "Replies" and "Generate Token"). This
//! module must not know how a request carries them.

mod authority;

use std::net::IpAddr;
use std::sync::Arc;

use directory::limits::TOKEN_VALID_US;
use directory::{ApiAuthentication, Command, IssuedToken, KeyId, KeyScope, Refusal};

pub use self::authority::{Authority, Held, find_operator_key};
pub(super) use self::authority::{Granted, Presented};
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
    /// An API key of the scope that may ask whom to ring, or of full scope.
    RoutingKey,
}

/// Why credentials are not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsFault {
    /// No such account, or the API key is missing or wrong. Which of them is not disclosed.
    #[error("userName or API key not valid")]
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
    /// It is not a key of the operator.
    #[error("the operator's key is not valid")]
    OperatorKey,
}

impl CredentialsFault {
    /// Whether the secret itself is wrong, as a guess would be.
    pub(super) fn is_wrong(self) -> bool {
        matches!(self, Self::UserNameOrApiKey | Self::TokenInvalid | Self::OperatorKey)
    }
}

/// Why a caller may not act for an account, or as the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The credentials are wrong, as were too many others from the address.
    #[error("{0}")]
    Throttled(Throttled),
    /// They are not valid, or the store does not answer.
    #[error("{0}")]
    Failed(#[from] Failure),
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
    /// The account. Whatever is done with it verifies the credentials again.
    pub tenant: Tenant,
    /// The key.
    pub key: KeyId,
    /// What the key allows.
    pub scope: KeyScope,
    /// The caller, as the history names them.
    pub source: Arc<str>,
}

impl Service {
    /// Authenticates by the accepted credentials. What memory knows to be right passes at once. All
    /// else is compared with the store; wrong credentials are counted by their source.
    pub async fn authenticate(
        &self,
        credentials: &Credentials<'_>,
        accepted: Accepted,
    ) -> Result<Access, Denied> {
        let presented = Presented::of(credentials, accepted);
        let cached = self.cached_account(credentials.user_name);
        match cached.as_ref().map(|cached| self.access(cached, presented)) {
            Some(Ok(access)) => return Ok(access),
            Some(Err(fault)) if !fault.is_wrong() => {}
            _ => self.throttle.pace(credentials.source).await,
        }
        let user_name = credentials.user_name;
        let access = self.authenticate_by_store(cached, user_name, presented).await;
        access.map_err(|failure| self.throttle.denied(credentials.source, failure))
    }

    /// The access that a key with this SHA-256 gives now. It was right once, so it is no guess.
    pub(super) async fn access_of_key(
        &self,
        user_name: &str,
        key_sha256: [u8; 32],
    ) -> Result<Access, Failure> {
        let presented = Presented::of_key(key_sha256);
        let cached = self.cached_account(user_name);
        match cached.as_ref().map(|cached| self.access(cached, presented)) {
            Some(Ok(access)) => Ok(access),
            _ => self.authenticate_by_store(cached, user_name, presented).await,
        }
    }

    /// Makes a token for an account set to `TOKEN_AUTH`. The previous one is no longer valid.
    pub async fn generate_token(
        &self,
        tenant: &Tenant,
        origin: Origin,
    ) -> Result<Token, TokenDenied> {
        self.refresh(tenant).await?;
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

    /// Whether the caller may still do what they could when the request was authenticated, as far
    /// as memory knows. What reads current data or executes a command verifies it by itself.
    pub fn verify(&self, tenant: &Tenant) -> Result<(), Failure> {
        if tenant.0.is_deleted() {
            return Err(Refusal::NoSuchAccount.into());
        }
        Ok(tenant.1.verify_account((&**tenant.0.read()).into(), self.core.clock.now_us())?)
    }

    /// Compares with the account as it is now: memory does not know it, or has refused.
    async fn authenticate_by_store(
        &self,
        cached: Option<Arc<CachedAccount>>,
        user_name: &str,
        presented: Presented,
    ) -> Result<Access, Failure> {
        let cached = match self.compare_with_store(cached, user_name, &presented).await? {
            (_, Found::InMemory(cached)) => cached,
            // The phones are loaded only for right credentials.
            (_, Found::Head(head)) => {
                self.load(&head).await?.ok_or(CredentialsFault::UserNameOrApiKey)?
            }
        };
        Ok(self.access(&cached, presented)?)
    }

    /// The same without loading the account.
    pub(super) async fn compare_with_store(
        &self,
        cached: Option<Arc<CachedAccount>>,
        user_name: &str,
        presented: &Presented,
    ) -> Result<(Granted, Found), Failure> {
        let now_us = self.core.clock.now_us();
        if let Some(cached) = cached {
            match self.refresh(&Tenant(Arc::clone(&cached), Authority::Store)).await {
                Ok(()) => {
                    let granted = presented.grant((&**cached.read()).into(), now_us)?;
                    return Ok((granted, Found::InMemory(cached)));
                }
                // It was deleted; another one may have its name by now.
                Err(Failure::Refused(Refusal::NoSuchAccount)) => {}
                Err(failure) => return Err(failure),
            }
        }
        let head = self.current_head(user_name).await?;
        let head = head.ok_or(CredentialsFault::UserNameOrApiKey)?;
        let granted = presented.grant((&*head).into(), now_us)?;
        Ok((granted, Found::Head(head)))
    }

    /// The access that memory grants.
    fn access(
        &self,
        cached: &Arc<CachedAccount>,
        presented: Presented,
    ) -> Result<Access, CredentialsFault> {
        let now_us = self.core.clock.now_us();
        let granted = presented.grant((&**cached.read()).into(), now_us)?;
        let Granted { key, scope, source } = granted;
        cached.note_key_use(key, now_us);
        let tenant = Tenant(Arc::clone(cached), Authority::Account(presented, scope));
        Ok(Access { tenant, key, scope, source })
    }
}

/// The account of right credentials.
pub(super) enum Found {
    InMemory(Arc<CachedAccount>),
    /// Not in memory, or it was not.
    Head(Arc<AccountHead>),
}
