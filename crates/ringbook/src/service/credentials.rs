//! Who may act for an account: API keys and tokens (contract, "Replies" and "Generate Token").

use std::net::IpAddr;
use std::sync::Arc;

use directory::limits::TOKEN_VALID_US;
use directory::{ApiAuthentication, Command, IssuedToken, Profile, Refusal, Tokens};

use super::accounts::Cell;
use super::{Failure, NotTried, Service, Tenant};
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
    NotTried(NotTried),
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
            | Self::NotTried(_)
            | Self::Failed(_) => false,
        }
    }
}

/// Why no token is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenDenied {
    /// No such account, or no or another API key.
    #[error("userName or apiKey not valid")]
    UserNameOrApiKey,
    /// The credentials are right, and the account takes no tokens.
    #[error("account: API Authentication is BASIC_AUTH, tokens are for TOKEN_AUTH")]
    NotForTokens,
    /// Too many that came from there were wrong, so these were not tried.
    #[error("{0}")]
    NotTried(NotTried),
    /// It was not done: too many within the hour, or the store cannot.
    #[error("{0}")]
    Failed(Failure),
}

impl Service {
    /// The account, if the credentials are right by its settings.
    pub async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Tenant, Denied> {
        let cell = self.admit(&credentials, |profile, tokens| {
            check(&credentials, profile, tokens, self.clock.now_us())
        });
        cell.await.map(Tenant)
    }

    /// Makes a token for an account set to `TOKEN_AUTH`, by its API key; the earlier one is no
    /// longer valid.
    pub async fn generate_token(
        &self,
        credentials: Credentials<'_>,
        origin: Origin,
    ) -> Result<Token, TokenDenied> {
        let cell = self
            .admit(&credentials, |profile, _| check_api_key(profile, credentials.api_key))
            .await
            .map_err(|denied| match denied {
                Denied::NotTried(not_tried) => TokenDenied::NotTried(not_tried),
                Denied::Failed(failure) => TokenDenied::Failed(failure),
                _ => TokenDenied::UserNameOrApiKey,
            })?;
        if cell.account().profile.api_authentication == ApiAuthentication::BasicAuth {
            return Err(TokenDenied::NotForTokens);
        }
        // The claims have whole seconds; the token is valid for as long as they say.
        let issued_us = origin.at_us;
        let expires_us = (issued_us + TOKEN_VALID_US) / 1_000_000 * 1_000_000;
        let token = Token::make(credentials.user_name, issued_us, expires_us);
        let issued = IssuedToken { sha256: token.sha256(), issued_us, expires_us };
        let command = Command::IssueToken { issued };
        let outcome = self.queue.execute(&cell, command, origin).await;
        outcome.map(|_| token).map_err(TokenDenied::Failed)
    }

    /// The account, if `check` lets it pass. What memory knows to be right is let in at once; of
    /// all else, wrong tries are counted by their source.
    async fn admit(
        &self,
        credentials: &Credentials<'_>,
        check: impl Fn(&Profile, &Tokens) -> Result<(), Denied>,
    ) -> Result<Arc<Cell>, Denied> {
        let remembered = match self.remembered_cell(credentials.user_name) {
            None => None,
            Some(cell) => match check_cell(&cell, &check) {
                Ok(()) => return Ok(cell),
                Err(denied) => Some((cell, denied)),
            },
        };
        let is_guess = remembered.as_ref().is_none_or(|(_, denied)| denied.is_wrong());
        if let Some(source) = credentials.source.filter(|_| is_guess) {
            self.guard.check(source).map_err(Denied::NotTried)?;
        }
        let admitted = self.admit_by_store(credentials.user_name, remembered, check).await;
        if let (Some(source), Err(denied)) = (credentials.source, &admitted)
            && denied.is_wrong()
        {
            self.guard.failed(source);
        }
        admitted
    }

    /// The same for what memory does not know, or has refused. A refusal is believed only when the
    /// memory is at what the store has: the operator may have changed the key a moment ago.
    async fn admit_by_store(
        &self,
        user_name: &str,
        remembered: Option<(Arc<Cell>, Denied)>,
        check: impl Fn(&Profile, &Tokens) -> Result<(), Denied>,
    ) -> Result<Arc<Cell>, Denied> {
        let failed = |failure: Failure| Denied::Failed(failure);
        if let Some((cell, denied)) = remembered {
            match self.current(&Tenant(Arc::clone(&cell))).await {
                Ok(()) => return check_cell(&cell, &check).map_or(Err(denied), |()| Ok(cell)),
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
        check(&head.profile, &head.tokens)?;
        self.load(head).await.map_err(failed)?.ok_or(Denied::UserNameOrApiKey)
    }
}

fn check_cell(
    cell: &Cell,
    check: impl Fn(&Profile, &Tokens) -> Result<(), Denied>,
) -> Result<(), Denied> {
    let account = cell.account();
    check(&account.profile, &account.tokens)
}

fn check(
    credentials: &Credentials<'_>,
    profile: &Profile,
    tokens: &Tokens,
    now_us: i64,
) -> Result<(), Denied> {
    match (profile.api_authentication, credentials.api_key, credentials.token) {
        (ApiAuthentication::BasicAuth, None, Some(_)) => Err(Denied::ApiKeyMissing),
        (ApiAuthentication::BasicAuth, api_key, _) => check_api_key(profile, api_key),
        (ApiAuthentication::TokenAuth, _, Some(token)) => check_token(tokens, token, now_us),
        (ApiAuthentication::TokenAuth, api_key, None) => {
            check_api_key(profile, api_key)?;
            Err(Denied::TokenMissing)
        }
    }
}

fn check_api_key(profile: &Profile, api_key: Option<&str>) -> Result<(), Denied> {
    // Comparing hashes tells by its time nothing about the key.
    match api_key {
        Some(api_key) if sha256(api_key) == profile.api_key_sha256 => Ok(()),
        _ => Err(Denied::UserNameOrApiKey),
    }
}

fn check_token(tokens: &Tokens, token: &str, now_us: i64) -> Result<(), Denied> {
    match &tokens.newest {
        Some(newest) if newest.sha256 == sha256(token) => {
            if now_us >= newest.expires_us {
                Err(Denied::TokenExpired)
            } else {
                Ok(())
            }
        }
        _ => Err(Denied::TokenInvalid),
    }
}
