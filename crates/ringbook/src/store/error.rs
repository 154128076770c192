//! Errors of stores, in words that say what to do.

use std::borrow::Borrow;
use std::path::PathBuf;

/// An operation on a store failed. A schema 0 is none.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of an error says what its values are")]
pub enum StoreError {
    /// Another process holds the write lock for too long.
    #[error("the store is busy: another process is writing to it, try again in a moment")]
    Busy,
    /// No space left.
    #[error("the disk or quota is full: free some space, the store goes on by itself")]
    Full,
    /// The file or its directory cannot be written.
    #[error("{0} is read-only: check its owner and permissions, and those of its directory")]
    ReadOnly(PathBuf),
    /// The engine does not answer, or takes no writes.
    #[error("the database does not answer: {0}")]
    Away(String),
    /// The database cannot hold a store.
    #[error("cannot use {store}: {reason}")]
    Unsuitable { store: String, reason: String },
    /// There is no such store, and none may be created.
    #[error(
        "there is no store at {0}: choose it with --store, or make one with `ringbook account create` or `ringbook serve`"
    )]
    NoStore(String),
    /// The directory of the file does not exist.
    #[error("cannot create {file}: the directory {directory} does not exist, make it first")]
    NoDirectory { file: PathBuf, directory: PathBuf },
    /// The file cannot be opened.
    #[error("cannot open {file}: {reason}")]
    CannotOpen { file: PathBuf, reason: String },
    /// The file or database belongs to another program.
    #[error("{0} is not a Ringbook store: choose another one with --store")]
    NotAStore(String),
    /// The schema is missing or older, and must not be migrated now.
    #[error(
        "{store} has schema {found} and this Ringbook needs {known}: run `ringbook migrate` first"
    )]
    OlderSchema { store: String, found: u32, known: u32 },
    /// The schema is from before the first release, and no migration starts from it.
    #[error(
        "{store} was made before the first release (schema {found}, this Ringbook needs {known}): export its phones with `ringbook phone export` of the program that made it, and import them into a new store"
    )]
    UnreleasedSchema { store: String, found: u32, known: u32 },
    /// The store was written by a newer version.
    #[error(
        "{store} is from a newer Ringbook (schema {found}, this one knows {known}): upgrade this one"
    )]
    NewerSchema { store: String, found: u32, known: u32 },
    /// The file to write exists.
    #[error("{0} exists already: choose another name or remove it first")]
    FileExists(PathBuf),
    /// The rows are inconsistent: damage, or somebody edited the tables by hand.
    #[error("the store is damaged, `ringbook check` tells more: {0}")]
    Damaged(String),
    /// A sync failed or a file was taken away: this process must not write to the store any more.
    #[error("nothing more is written until this process is restarted: {0}")]
    Stopped(String),
    /// Anything else that the engine reports.
    #[error("the store failed: {0}")]
    Engine(String),
}

/// A commit failed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Nothing of it was written, nor will be.
    #[error("{0}; nothing was changed")]
    NothingChanged(StoreError),
    /// It may or may not be on stable storage.
    #[error("{0}; whether the change was saved is not known")]
    OutcomeUnknown(StoreError),
}

impl From<StoreError> for CommitError {
    fn from(error: StoreError) -> Self {
        Self::NothingChanged(error)
    }
}

impl Borrow<StoreError> for CommitError {
    fn borrow(&self) -> &StoreError {
        let (Self::NothingChanged(error) | Self::OutcomeUnknown(error)) = self;
        error
    }
}

impl From<CommitError> for StoreError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::NothingChanged(error) | CommitError::OutcomeUnknown(error) => error,
        }
    }
}
