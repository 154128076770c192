//! What an error of the database means.

use std::io;
use std::time::Duration;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio::time::timeout;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::store::StoreError;

/// The classes and codes of SQLSTATE by which a statement or a commit was refused before it took
/// effect: unsupported, invalid data, constraints, a transaction that had failed, unknown names and
/// missing rights, errors that a trigger raises, limits and memory, and cancelled statements.
const NOTHING_DONE: [&str; 16] = [
    "0A", "21", "22", "23", "25P02", "26", "28", "3D", "3F", "42", "44", "53200", "54", "55",
    "57014", "P0",
];

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
    /// An error after which nothing was done.
    Store(StoreError),
    /// Any other error. What was sent is over, and may have been carried out.
    InDoubt(StoreError),
}

impl Fault {
    /// What to tell whoever asked.
    pub fn into_store_error(self) -> StoreError {
        match self {
            Self::Lost(why) | Self::Elsewhere(why) => StoreError::Away(why),
            Self::Late => StoreError::Away("no connection in time".into()),
            Self::Conflict => StoreError::Busy,
            Self::Store(error) | Self::InDoubt(error) => error,
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
            let source = std::error::Error::source(&error);
            // Others are of a value that is not of the column's type: the tables are not ours then.
            let is_lost =
                error.is_closed() || source.is_none_or(<dyn std::error::Error>::is::<io::Error>);
            let text = source.map_or(error.to_string(), |source| format!("{error}: {source}"));
            return if is_lost {
                Self::Lost(text)
            } else {
                Self::InDoubt(StoreError::Engine(text))
            };
        };
        match reported.parsed_severity() {
            Some(Severity::Error) => of_statement(reported),
            // The session has ended, perhaps after its commit: while it waited for a standby, or as
            // the log could not be written.
            _ => Self::Lost(reported.message().to_owned()),
        }
    }
}

/// What an error of a statement means. Whatever is not known to leave nothing behind is in doubt:
/// distributed databases and poolers have errors of their own, also after a commit.
fn of_statement(reported: &DbError) -> Fault {
    let why = || reported.message().to_owned();
    match reported.code() {
        &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => Fault::Conflict,
        &SqlState::READ_ONLY_SQL_TRANSACTION => Fault::Elsewhere(why()),
        &SqlState::LOCK_NOT_AVAILABLE => Fault::Store(StoreError::Busy),
        &SqlState::DISK_FULL => Fault::Store(StoreError::Full),
        &SqlState::UNIQUE_VIOLATION => {
            // The rules have decided in memory that this cannot be.
            tracing::error!(
                constraint = reported.constraint().unwrap_or_default(),
                detail = reported.detail().unwrap_or_default(),
                "a bug: a rule let through what a unique index refuses; please report this"
            );
            let constraint = reported.constraint().unwrap_or("a unique index");
            Fault::Store(StoreError::Damaged(format!("{constraint} refused a row")))
        }
        &SqlState::CHECK_VIOLATION => {
            let constraint = reported.constraint().unwrap_or("a constraint");
            Fault::Store(StoreError::Engine(format!(
                "{constraint} refused a row: another program has changed the database's values"
            )))
        }
        // How the statement of a commit says so.
        &SqlState::DIVISION_BY_ZERO => {
            Fault::Store(StoreError::Damaged("a phone that was there has no row".into()))
        }
        code if NOTHING_DONE.iter().any(|class| code.code().starts_with(class)) => {
            Fault::Store(StoreError::Engine(why()))
        }
        &SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED => {
            Fault::InDoubt(StoreError::Damaged(why()))
        }
        _ => Fault::InDoubt(StoreError::Engine(why())),
    }
}

impl From<PoolError> for Fault {
    fn from(error: PoolError) -> Self {
        match error {
            // Nothing was sent yet, so nothing can have been carried out.
            PoolError::Backend(error) => match Self::from(error) {
                Self::Lost(why) => Self::Elsewhere(why),
                Self::InDoubt(error) => Self::Store(error),
                fault => fault,
            },
            PoolError::Timeout(TimeoutType::Wait) => Self::Store(StoreError::Busy),
            PoolError::Timeout(_) => Self::Late,
            error => Self::Elsewhere(error.to_string()),
        }
    }
}
