//! Who is signed in to the console. A session stands for the key that it was opened with: it ends
//! when that key is changed, deleted or expires. This module must not know how a browser keeps it.

use std::net::IpAddr;

use super::clock::DAY_US;
use super::{
    Accepted, Access, Authority, Credentials, Denied, Failure, KeyUse, OperatorAccess, Service,
};
use crate::secret::{SessionToken, sha256};
use crate::store::{Session, SessionChange};

/// A session ends so long after it was opened.
const AGE_US: i64 = DAY_US / 2;

/// Characters of the name of a browser that are kept.
const USER_AGENT_CHARACTERS_MAX: usize = 200;

/// In whose name something is done.
#[derive(Clone)]
pub enum Principal {
    /// An account, by one of its keys.
    Account(Access),
    /// An operator, by their key.
    Operator(OperatorAccess),
}

/// Somebody who is signed in, and how.
#[derive(Clone)]
pub struct SignedIn {
    /// Who.
    pub principal: Principal,
    /// Their session.
    pub session: Session,
}

impl Service {
    /// Opens a session by an API key of any scope, or by an operator's key if there is no userName.
    /// Wrong keys are counted.
    pub async fn sign_in(
        &self,
        user_name: Option<&str>,
        key: &str,
        source: Option<IpAddr>,
        user_agent: &str,
    ) -> Result<SessionToken, Denied> {
        let (account, by) = if let Some(user_name) = user_name {
            let credentials = Credentials { user_name, api_key: Some(key), token: None, source };
            let access = self.authenticate(&credentials, Accepted::AnyKey).await?;
            (Some(access.tenant.id()), access.source)
        } else {
            (None, self.authenticate_operator(key, source).await?.source)
        };
        // Such as `api`, `api:PBX` or `operator:setup`.
        let key_name = by.split_once(':').map_or(KeyUse::MAIN_NAME, |(_, name)| name);
        let (token, now_us) = (SessionToken::make(), self.core.clock.now_us());
        let session = Session {
            sha256: token.sha256(),
            account,
            user_name: None,
            key_name: key_name.to_owned(),
            key_sha256: sha256(key),
            created_us: now_us,
            expires_us: now_us + AGE_US,
            source: source.map_or_else(String::new, |source| source.to_string()),
            user_agent: user_agent.chars().take(USER_AGENT_CHARACTERS_MAX).collect(),
        };
        self.change_sessions(SessionChange::Open(session)).await?;
        self.change_sessions(SessionChange::Bound(account)).await?;
        Ok(token)
    }

    /// Who is signed in with the token of this SHA-256; none if nobody is, or no longer. What any node
    /// did to the session counts at once, and what others did to its key within a second.
    pub async fn session(&self, sha256: [u8; 32]) -> Result<Option<SignedIn>, Failure> {
        let found = self.query(&self.permits.short, move |store| store.session(&sha256)).await?;
        let Some(session) = found else { return Ok(None) };
        let principal = self.principal(&session).await?;
        Ok(principal.map(|principal| SignedIn { principal, session }))
    }

    /// In whose name a session is; none if it has expired, or if its key is no longer right.
    async fn principal(&self, session: &Session) -> Result<Option<Principal>, Failure> {
        if session.expires_us <= self.core.clock.now_us() {
            return Ok(None);
        }
        let principal = if session.account.is_none() {
            let authority = Authority::Operator(session.key_sha256);
            let source = format!("operator:{}", session.key_name).into();
            let operator = Principal::Operator(OperatorAccess { source, authority });
            self.verify_operator(&authority).await.map(|()| operator)
        } else {
            // Without a name the account is gone.
            let user_name = session.user_name.as_deref().unwrap_or_default();
            self.access_of_key(user_name, session.key_sha256).await.map(|access| {
                let source = access.source.replacen("api", "console", 1).into();
                Principal::Account(Access { source, ..access })
            })
        };
        match principal {
            Err(Failure::Unauthorized(_)) => Ok(None),
            principal => principal.map(Some),
        }
    }

    /// The sessions of the same account, or of all operators, newest first.
    pub async fn sessions(&self, of: &SignedIn) -> Result<Vec<Session>, Failure> {
        let account = of.session.account;
        let found = self.query(&self.permits.short, move |store| store.sessions(account)).await?;
        let mut sessions = Vec::new();
        for session in found {
            if self.principal(&session).await?.is_some() {
                sessions.push(session);
            }
        }
        Ok(sessions)
    }

    /// Ends this session, on every node at once.
    pub async fn sign_out(&self, signed_in: &SignedIn) -> Result<(), Failure> {
        self.change_sessions(SessionChange::End(signed_in.session.sha256)).await
    }

    /// Ends all other sessions of the same account, or of all operators, on every node at once.
    pub async fn end_other_sessions(&self, of: &SignedIn) -> Result<(), Failure> {
        let (account, but) = (of.session.account, of.session.sha256);
        self.change_sessions(SessionChange::EndOthers { account, but }).await
    }

    async fn change_sessions(&self, change: SessionChange) -> Result<(), Failure> {
        self.queue.write(move |store, _| store.change_sessions(&change)).await
    }
}
