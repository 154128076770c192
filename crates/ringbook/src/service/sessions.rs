//! Who is signed in to the console. A session stands for the key that it was opened with: it ends
//! when that key is changed, deleted or expires. This module must not know how a browser keeps it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use directory::AccountId;

use super::clock::DAY_US;
use super::credentials::Presented;
use super::{
    Accepted, Access, Authority, Credentials, Denied, Failure, KeyUse, OperatorAccess, Service,
};
use crate::secret::{SessionToken, sha256};
use crate::store::{Session, SessionChange};

/// A session ends when it is not used for so long.
const IDLE_US: i64 = DAY_US / 2;

/// A session ends so long after it was opened, however it is used.
const AGE_US_MAX: i64 = 7 * DAY_US;

/// A session in use is prolonged, which is a write, when that gains so much.
const PROLONG_US: i64 = 10 * 60 * 1_000_000;

/// How long the store is not asked again about a session that was there.
const KNOWN_FOR: Duration = Duration::from_secs(1);

/// Sessions that are known at a time: some 5 MB. Beyond it, all are read again.
const KNOWN_MAX: usize = 10_000;

/// Characters of the name of a browser that are kept.
const USER_AGENT_CHARACTERS_MAX: usize = 200;

/// Sessions that the store had within [`KNOWN_FOR`], by their hash, and when they were read.
#[derive(Default)]
pub struct KnownSessions(RwLock<HashMap<[u8; 32], KnownSession>>);

/// When it was read, and what was read.
type KnownSession = (Duration, Arc<Session>);

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
    pub session: Arc<Session>,
}

impl KnownSessions {
    /// A session that was read within [`KNOWN_FOR`].
    fn get(&self, sha256: &[u8; 32], now: Duration) -> Option<Arc<Session>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (read_at, session) = known.get(sha256)?;
        (now.saturating_sub(*read_at) < KNOWN_FOR).then(|| Arc::clone(session))
    }

    fn insert(&self, session: &Arc<Session>, now: Duration) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(session.sha256, (now, Arc::clone(session)));
    }

    fn forget(&self, is_over: impl Fn(&Session) -> bool) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (_, session)| !is_over(session));
    }
}

impl Service {
    /// Opens a session for a caller with an API key of any scope. Wrong keys are counted.
    pub async fn sign_in(
        &self,
        credentials: &Credentials<'_>,
        user_agent: &str,
    ) -> Result<SessionToken, Denied> {
        let access = self.authenticate(credentials, Accepted::AnyKey).await?;
        let key_name = access.source.strip_prefix("api:").unwrap_or(KeyUse::MAIN_NAME);
        let key_sha256 = sha256(credentials.api_key.unwrap_or_default());
        let account = Some(access.tenant.id());
        let opened = self.open(account, key_name, key_sha256, (credentials.source, user_agent));
        Ok(opened.await?)
    }

    /// Opens a session for an operator. Wrong keys are counted.
    pub async fn sign_in_operator(
        &self,
        key: &str,
        source: Option<IpAddr>,
        user_agent: &str,
    ) -> Result<SessionToken, Denied> {
        let access = self.authenticate_operator(key, source).await?;
        let key_name = access.source.strip_prefix("operator:").unwrap_or_default();
        Ok(self.open(None, key_name, sha256(key), (source, user_agent)).await?)
    }

    async fn open(
        &self,
        account: Option<AccountId>,
        key_name: &str,
        key_sha256: [u8; 32],
        (source, user_agent): (Option<IpAddr>, &str),
    ) -> Result<SessionToken, Failure> {
        let (token, now_us) = (SessionToken::make(), self.core.clock.now_us());
        let session = Session {
            sha256: token.sha256(),
            account,
            user_name: None,
            key_name: key_name.to_owned(),
            key_sha256,
            created_us: now_us,
            expires_us: now_us + IDLE_US,
            source: source.map_or_else(String::new, |source| source.to_string()),
            user_agent: user_agent.chars().take(USER_AGENT_CHARACTERS_MAX).collect(),
        };
        self.change_sessions(SessionChange::Open(session)).await?;
        self.change_sessions(SessionChange::Bound(account)).await?;
        Ok(token)
    }

    /// Who is signed in with this token; none if nobody is, or no longer. It is as current as memory:
    /// within a second, also of what other nodes do.
    pub async fn session(&self, token: &str) -> Result<Option<SignedIn>, Failure> {
        let (hash, now) = (sha256(token), self.core.clock.elapsed());
        let known = self.known_sessions.get(&hash, now);
        let is_known = known.is_some();
        let found = if is_known {
            known
        } else {
            let read = self.query(&self.permits.short, move |store| store.session(&hash));
            read.await?.map(Arc::new)
        };
        let Some(session) = found else { return Ok(None) };
        let principal = match self.principal(&session, is_known).await {
            Err(Failure::Unauthorized(_)) => None,
            principal => principal?,
        };
        let Some(principal) = principal.filter(|_| self.core.clock.now_us() < session.expires_us)
        else {
            self.end(SessionChange::End(hash)).await?;
            return Ok(None);
        };
        let session = self.prolonged(session).await;
        if !is_known {
            self.known_sessions.insert(&session, now);
        }
        Ok(Some(SignedIn { principal, session }))
    }

    /// In whose name a session is, if its key is right. That of an operator is not compared with the
    /// store where the session is known.
    async fn principal(
        &self,
        session: &Session,
        is_known: bool,
    ) -> Result<Option<Principal>, Failure> {
        if session.account.is_none() {
            let authority = Authority::Operator(session.key_sha256);
            if !is_known {
                self.verify_operator(&authority).await?;
            }
            let source = format!("operator:{}", session.key_name).into();
            return Ok(Some(Principal::Operator(OperatorAccess { source, authority })));
        }
        // Without a name the account is gone.
        let Some(user_name) = &session.user_name else { return Ok(None) };
        let access = self.access_of_key(user_name, session.key_sha256).await?;
        let source = access.source.replacen("api", "console", 1).into();
        let is_same = Some(access.tenant.id()) == session.account;
        Ok(is_same.then_some(Principal::Account(Access { source, ..access })))
    }

    /// A session in use with a later end, if that is due. One that cannot be written now goes on as
    /// it is.
    async fn prolonged(&self, session: Arc<Session>) -> Arc<Session> {
        let expires_us = (self.core.clock.now_us() + IDLE_US).min(session.created_us + AGE_US_MAX);
        if expires_us - session.expires_us < PROLONG_US {
            return session;
        }
        let sha256 = session.sha256;
        match self.change_sessions(SessionChange::Prolong { sha256, expires_us }).await {
            Ok(_) => {
                let session = Arc::new(Session { expires_us, ..(*session).clone() });
                self.known_sessions.insert(&session, self.core.clock.elapsed());
                session
            }
            Err(failure) => {
                tracing::debug!(%failure, "a session could not be prolonged");
                session
            }
        }
    }

    /// The sessions of the same account, or of all operators, newest first.
    pub async fn sessions(&self, of: &SignedIn) -> Result<Vec<Session>, Failure> {
        let account = of.session.account;
        let found = self.query(&self.permits.short, move |store| store.sessions(account)).await?;
        let now_us = self.core.clock.now_us();
        let keys = match &of.principal {
            Principal::Operator(_) => Some(self.current_operator_keys().await?),
            Principal::Account(_) => None,
        };
        let is_right = |session: &Session| match (&of.principal, &keys) {
            (Principal::Account(Access { tenant, .. }), _) => Presented::of_key(session.key_sha256)
                .verify((&**tenant.0.read()).into(), now_us)
                .is_ok(),
            (Principal::Operator(_), keys) => {
                let authority = Authority::Operator(session.key_sha256);
                keys.as_ref().is_some_and(|keys| authority.verify_operator(keys, now_us).is_ok())
            }
        };
        let is_open = |session: &Session| now_us < session.expires_us && is_right(session);
        Ok(found.into_iter().filter(is_open).collect())
    }

    /// Ends a session of the same account, or of the operators, by its hash. Returns whether it was
    /// there.
    pub async fn end_session(&self, of: &SignedIn, sha256: [u8; 32]) -> Result<bool, Failure> {
        let account = of.session.account;
        let found = self.query(&self.permits.short, move |store| store.session(&sha256)).await?;
        if found.is_none_or(|session| session.account != account) {
            return Ok(false);
        }
        self.end(SessionChange::End(sha256)).await
    }

    /// Ends all sessions of the same account, or of the operators, this one only if it is included.
    pub async fn end_all_sessions(
        &self,
        of: &SignedIn,
        includes_this: bool,
    ) -> Result<(), Failure> {
        let but = (!includes_this).then_some(of.session.sha256);
        self.end(SessionChange::EndAll { account: of.session.account, but }).await?;
        Ok(())
    }

    /// Ends sessions: on this node at once, on others within a second.
    async fn end(&self, change: SessionChange) -> Result<bool, Failure> {
        let ended = self.change_sessions(change.clone()).await?;
        self.known_sessions.forget(|session| match change {
            SessionChange::End(sha256) => session.sha256 == sha256,
            SessionChange::EndAll { account, but } => {
                session.account == account && Some(session.sha256) != but
            }
            _ => false,
        });
        Ok(ended > 0)
    }

    async fn change_sessions(&self, change: SessionChange) -> Result<usize, Failure> {
        self.queue.write(move |store, _| store.change_sessions(&change)).await
    }
}
