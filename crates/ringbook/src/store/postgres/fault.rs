//! What an error of the database means.

use std::time::Duration;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio::time::timeout;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::store::StoreError;

/// Why something did not succeed on a connection.
#[derive(Debug)]
pub enum Fault {
    /// The connection broke or gave no answer in time. What was sent may or may not have been
    /// carried out.
    Lost(String),
    /// Another transaction was in the way; nothing was done, and trying again is right.
    Conflict,
    /// The server takes no writes, or is shutting down or starting: nothing was done, and another
    /// connection may lead to one that does.
    Elsewhere(String),
    /// No connection came about in time, for whatever reason: nothing was sent.
    Late,
    /// Anything else that the server says; nothing was done.
    Store(StoreError),
}

impl Fault {
    /// What to tell whoever asked.
    pub fn into_store_error(self) -> StoreError {
        match self {
            Self::Lost(why) | Self::Elsewhere(why) => StoreError::Away(why),
            Self::Late => StoreError::Away("no connection in time".into()),
            Self::Conflict => StoreError::Busy,
            Self::Store(error) => error,
        }
    }
}

/// The result of `work`; [`Fault::Lost`] if it takes longer than `limit`.
pub async fn within<T, E: Into<Fault>>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Fault> {
    match timeout(limit, work).await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(Fault::Lost("no answer in time".into())),
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let Some(reported) = error.as_db_error() else {
            // The client has no other errors than those of the connection, and those of a value
            // that is not of the column's type: the tables are not ours then.
            return match std::error::Error::source(&error) {
                Some(source) if source.is::<std::io::Error>() => {
                    Self::Lost(format!("{error}: {source}"))
                }
                _ if error.is_closed() => Self::Lost(error.to_string()),
                Some(source) => Self::Store(StoreError::Engine(format!("{error}: {source}"))),
                None => Self::Lost(error.to_string()),
            };
        };
        let why = reported.message().to_owned();
        match *reported.code() {
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::Conflict,
            // A session that is ended while it waits for a standby has committed already.
            SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN | SqlState::DATABASE_DROPPED => {
                Self::Lost(why)
            }
            SqlState::CANNOT_CONNECT_NOW
            | SqlState::READ_ONLY_SQL_TRANSACTION
            | SqlState::TOO_MANY_CONNECTIONS => Self::Elsewhere(why),
            SqlState::LOCK_NOT_AVAILABLE => Self::Store(StoreError::Busy),
            SqlState::DISK_FULL => Self::Store(StoreError::Full),
            SqlState::UNIQUE_VIOLATION => {
                // The rules have decided in memory that this cannot be.
                tracing::error!(
                    constraint = reported.constraint().unwrap_or_default(),
                    detail = reported.detail().unwrap_or_default(),
                    "a bug: a rule let through what a unique index refuses; please report this"
                );
                let constraint = reported.constraint().unwrap_or("a unique index").to_owned();
                Self::Store(StoreError::Damaged(format!("{constraint} refused a row")))
            }
            // How the statement of a commit says so.
            SqlState::DIVISION_BY_ZERO => {
                Self::Store(StoreError::Damaged("a phone that was there has no row".into()))
            }
            SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => {
                Self::Store(StoreError::Damaged(why))
            }
            _ => Self::Store(StoreError::Engine(why)),
        }
    }
}

impl From<PoolError> for Fault {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => {
                // Nothing was sent yet, so nothing can have been carried out.
                match Self::from(error) {
                    Self::Lost(why) => Self::Elsewhere(why),
                    fault => fault,
                }
            }
            PoolError::Timeout(TimeoutType::Wait) => Self::Store(StoreError::Busy),
            PoolError::Timeout(_) => Self::Late,
            error => Self::Elsewhere(error.to_string()),
        }
    }
}
