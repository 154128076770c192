//! Sessions of the console, in statements that every engine understands.

use directory::AccountId;

use super::codec::Statement;
use super::copy::tables::Value::{self, Blob, Integer, Null, Text};
use super::queries::read as read_rows;
use super::{ReadStore, StoreError};

/// Sessions of an account, and of all operators. Another one ends the oldest.
pub const SESSIONS_MAX: u32 = 100;

/// Somebody who is signed in to the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of its token, which is not stored.
    pub sha256: [u8; 32],
    /// Its account; none for an operator.
    pub account: Option<AccountId>,
    /// The userName of the account, as it is read. It is not written.
    pub user_name: Option<String>,
    /// The name that the key had that it was opened with.
    pub key_name: String,
    /// SHA-256 of that key. While it is right, the session is.
    pub key_sha256: [u8; 32],
    /// When it was opened, microseconds UTC.
    pub created_us: i64,
    /// When it ends, microseconds UTC.
    pub expires_us: i64,
    /// The address that it was opened from; empty if that is not known.
    pub source: String,
    /// The browser, as it calls itself.
    pub user_agent: String,
}

/// A change of sessions. To make it twice is as to make it once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the values are what the comments name")]
pub enum SessionChange {
    /// Opens this one.
    Open(Session),
    /// Ends those of the same account, or of all operators, beyond the [`SESSIONS_MAX`] newest.
    Bound(Option<AccountId>),
    /// Ends this one.
    End([u8; 32]),
    /// Ends those of the same account, or of all operators, but for this one.
    EndOthers { account: Option<AccountId>, but: [u8; 32] },
    /// Ends those that expired before this time, microseconds UTC.
    EndExpired(i64),
}

impl SessionChange {
    pub(super) fn statement(&self) -> Statement {
        match self {
            Self::Open(session) => (
                "INSERT INTO session (sha256, account_id, key_name, key_sha256, created_us, \
                 expires_us, source, user_agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                 ON CONFLICT (sha256) DO NOTHING",
                vec![
                    blob(&session.sha256),
                    id(session.account),
                    Text(session.key_name.clone()),
                    blob(&session.key_sha256),
                    Integer(session.created_us),
                    Integer(session.expires_us),
                    Text(session.source.clone()),
                    Text(session.user_agent.clone()),
                ],
            ),
            Self::Bound(account) => (
                "DELETE FROM session WHERE sha256 IN (SELECT sha256 FROM session \
                 WHERE account_id IS NOT DISTINCT FROM $1 \
                 ORDER BY created_us DESC, sha256 LIMIT 1000 OFFSET $2)",
                vec![id(*account), Integer(SESSIONS_MAX.into())],
            ),
            Self::End(sha256) => ("DELETE FROM session WHERE sha256 = $1", vec![blob(sha256)]),
            Self::EndOthers { account, but } => (
                "DELETE FROM session WHERE account_id IS NOT DISTINCT FROM $1 AND sha256 <> $2",
                vec![id(*account), blob(but)],
            ),
            Self::EndExpired(now_us) => {
                ("DELETE FROM session WHERE expires_us < $1", vec![Integer(*now_us)])
            }
        }
    }
}

fn id(account: Option<AccountId>) -> Value {
    account.map_or(Null, |id| Integer(id.0.into()))
}

fn blob(sha256: &[u8; 32]) -> Value {
    Blob(sha256.to_vec())
}

/// What [`read`] reads of a session.
macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT sha256, account_id, \
             (SELECT user_name FROM account WHERE account.id = session.account_id), key_name, \
             key_sha256, created_us, expires_us, source, user_agent FROM session WHERE ",
            $which,
            " ORDER BY created_us DESC, sha256"
        )
    };
}

pub fn by_token(sha256: &[u8; 32]) -> Statement {
    (select!("sha256 = $1"), vec![blob(sha256)])
}

pub fn of(account: Option<AccountId>) -> Statement {
    (select!("account_id IS NOT DISTINCT FROM $1"), vec![id(account)])
}

pub fn read<S: ReadStore + ?Sized>(
    store: &S,
    query: Statement,
) -> Result<Vec<Session>, StoreError> {
    read_rows(store, query, |row| {
        let [
            Blob(sha256),
            account,
            user_name,
            Text(key_name),
            Blob(key_sha256),
            Integer(created_us),
            Integer(expires_us),
            Text(source),
            Text(user_agent),
        ] = &row[..]
        else {
            return None;
        };
        let account = if let Integer(id) = account { Some(*id) } else { None };
        let user_name = if let Text(name) = user_name { Some(name.clone()) } else { None };
        Some(Session {
            sha256: sha256.as_slice().try_into().ok()?,
            account: account.map(u32::try_from).transpose().ok()?.map(AccountId),
            user_name,
            key_name: key_name.clone(),
            key_sha256: key_sha256.as_slice().try_into().ok()?,
            created_us: *created_us,
            expires_us: *expires_us,
            source: source.clone(),
            user_agent: user_agent.clone(),
        })
    })
}
