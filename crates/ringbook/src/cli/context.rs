//! What the commands share: the service over the chosen store, and how they fail.

use std::ffi::OsStr;
use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use clap::builder::TypedValueParser;
use directory::{Command, UserName};

use crate::http::RequestIds;
use crate::service::clock::SystemClock;
use crate::service::{CommandRequest, Failure, Outcome, Service, Tenant};
use crate::store::{self, Creates, Location, Migrates, Origin, Store, StoreError};

/// Why a command failed, in one sentence for stderr.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The service did not do it.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// Output could not be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
    /// Options or settings that are none, or do not go together.
    #[error("{0}")]
    Usage(String),
    /// Anything else, said whole.
    #[error("{0}")]
    Said(String),
}

impl CliError {
    /// How the program ends: wrong usage as clap has it, anything else is a failure.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Store(_) | Self::Failed(_) | Self::Output(_) | Self::Said(_) => ExitCode::FAILURE,
        }
    }
}

/// The heading of the options that all commands share.
pub const COMMON: &str = "Options of every command";

/// Which store, and what may be done to its schema.
#[derive(Debug, Args)]
pub struct StoreChoice {
    /// Where the directory is kept: sqlite:FILE, `postgres://USER@HOST/DATABASE`, or memory: which
    /// keeps nothing
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help_heading = COMMON,
        // It may have a password.
        hide_env_values = true,
        default_value = "sqlite:ringbook.db",
        value_parser = LocationParser
    )]
    pub store: Location,
    /// Refuse a store with an older schema rather than bring it up to date
    #[arg(long, global = true, help_heading = COMMON)]
    pub no_migrate: bool,
}

impl StoreChoice {
    /// Opens the store.
    pub fn open(&self, creates: Creates) -> Result<Arc<dyn Store>, StoreError> {
        let migrates = if self.no_migrate { Migrates::No } else { Migrates::Yes };
        store::open(&self.store, creates, migrates)
    }
}

/// Parses a store and, unlike clap's own parsers, does not repeat one with a fault: it may have a
/// password in it.
#[derive(Debug, Clone, Copy)]
pub struct LocationParser;

impl TypedValueParser for LocationParser {
    type Value = Location;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Location, clap::Error> {
        value.to_string_lossy().parse().map_err(|fault| {
            let argument = argument.map(ToString::to_string).unwrap_or_default();
            let told = format!("invalid value for '{argument}': {fault}");
            command.clone().error(clap::error::ErrorKind::ValueValidation, told)
        })
    }
}

/// The service, for one command.
pub struct Context {
    /// What it can do.
    pub service: Arc<Service>,
    runtime: tokio::runtime::Runtime,
    origin: Origin,
}

impl Context {
    /// Opens the store.
    pub fn open(store: &StoreChoice, creates: Creates) -> Result<Self, CliError> {
        let service = Service::new(store.open(creates)?, Arc::new(SystemClock));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // All that one command does is one request.
        let origin = service.origin(RequestIds::new().next(), &operator());
        Ok(Self { service: Arc::new(service), runtime, origin })
    }

    /// Who, when and in which request, for the history.
    pub fn origin(&self) -> Origin {
        self.origin.clone()
    }

    /// Waits for an answer of the service.
    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// The account of that name.
    pub fn tenant(&self, user_name: &UserName) -> Result<Tenant, CliError> {
        self.wait(self.service.tenant(user_name.as_str())).map_err(|failure| match failure {
            Failure::Refused(directory::Refusal::NoSuchAccount) => CliError::Said(format!(
                "there is no account \"{user_name}\": `ringbook account list` names them"
            )),
            failure => failure.into(),
        })
    }

    /// Does something to an account.
    pub fn execute(&self, user_name: &UserName, command: Command) -> Result<Outcome, CliError> {
        let tenant = self.tenant(user_name)?;
        Ok(self.wait(self.service.execute(&tenant, CommandRequest::new(command, self.origin())))?)
    }
}

/// Who works at this terminal, as the history names them.
fn operator() -> Arc<str> {
    let user =
        ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let user: String =
        user.unwrap_or_default().chars().filter(char::is_ascii_graphic).take(32).collect();
    if user.is_empty() { "cli".into() } else { format!("cli:{user}").into() }
}
