//! What all commands share: the options for the store, the open service, and errors.

use std::ffi::OsStr;
use std::fmt::Display;
use std::io;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;
use clap::builder::TypedValueParser;
use directory::{Command, UserName};

use super::api::Problem;
use super::user;
use crate::http::RequestIds;
use crate::service::clock::SystemClock;
use crate::service::{CommandRequest, Failure, Outcome, Service, ServiceOptions, Tenant};
use crate::store::{self, Creates, Location, Migrates, Origin, Store, StoreError};

/// The error of a command, in one sentence for stderr.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The API has not carried a request out, and says why.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// A request that changes something broke off.
    #[error("{0}; whether it was done is not known: look before you try again")]
    BrokenOff(String),
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
    /// Options or settings are unknown, invalid, or exclude each other.
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Message(String),
    /// What there is to say was printed, and is no failure: only the exit code is left.
    #[error("")]
    Told(u8),
}

impl CliError {
    /// The exit code: for wrong usage the same as clap uses.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Told(code) => ExitCode::from(*code),
            _ => ExitCode::FAILURE,
        }
    }

    /// An edit with none of its options, which are these.
    pub fn nothing_to_edit(options: &str) -> Self {
        Self::Usage(format!("what shall be changed? There is {options}"))
    }
}

/// The heading of the global options in `--help`.
pub const COMMON: &str = "Options of every command";

/// The options that choose the store.
#[derive(Debug, Args)]
pub struct StoreChoice {
    /// Where the directory is kept: a file, `postgres://USER@HOST/DATABASE`, or memory: which keeps
    /// nothing
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help_heading = COMMON,
        // It may contain a password.
        hide_env_values = true,
        default_value = "sqlite:ringbook.db",
        value_parser = QuietParser::<Location>::new()
    )]
    pub store: Location,
    /// Refuse a store with an older schema rather than bring it up to date, as commands that only read
    /// always do
    #[arg(long, global = true, help_heading = COMMON)]
    pub no_migrate: bool,
}

impl StoreChoice {
    pub fn open(&self, creates: Creates) -> Result<Arc<dyn Store>, StoreError> {
        store::open(&self.store, creates, self.migrates())
    }

    /// Whether an older schema is brought up to date.
    pub fn migrates(&self) -> Migrates {
        if self.no_migrate { Migrates::No } else { Migrates::Yes }
    }
}

/// Parses the URL of a store or a server. Unlike clap's own parsers it does not repeat an invalid one,
/// which may contain a password.
#[derive(Debug, Clone)]
pub struct QuietParser<T>(fn(&str) -> Result<T, String>);

impl<T: FromStr<Err: Display>> QuietParser<T> {
    pub fn new() -> Self {
        Self(|text| text.parse().map_err(|fault: T::Err| fault.to_string()))
    }
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for QuietParser<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        (self.0)(&value.to_string_lossy()).map_err(|fault| {
            let argument = argument.map(ToString::to_string).unwrap_or_default();
            let message = format!("invalid value for '{argument}': {fault}");
            command.clone().error(clap::error::ErrorKind::ValueValidation, message)
        })
    }
}

pub struct Context {
    pub service: Arc<Service>,
    runtime: tokio::runtime::Runtime,
    origin: Origin,
}

impl Context {
    pub fn open(store: &StoreChoice, creates: Creates) -> Result<Self, CliError> {
        Self::over(store.open(creates)?, &ServiceOptions::default())
    }

    /// For a command that only reads.
    pub fn open_read_only(store: &StoreChoice) -> Result<Self, CliError> {
        let options = ServiceOptions { is_read_only: true, ..ServiceOptions::default() };
        Self::over(store::open_read_only(&store.store)?, &options)
    }

    fn over(store: Arc<dyn Store>, options: &ServiceOptions) -> Result<Self, CliError> {
        let service = Service::with_options(store, Arc::new(SystemClock), options);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // All changes of one command have the same request id.
        let origin = service.origin(RequestIds::default().next(), &user::source());
        Ok(Self { service: Arc::new(service), runtime, origin })
    }

    /// Author, time and request id for the history.
    pub fn origin(&self) -> Origin {
        self.origin.clone()
    }

    pub fn runtime(&self) -> &tokio::runtime::Runtime {
        &self.runtime
    }

    /// Waits for a future of the service.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub fn tenant(&self, user_name: &UserName) -> Result<Tenant, CliError> {
        self.wait(self.service.tenant(user_name.as_str())).map_err(|failure| match failure {
            Failure::Refused(directory::Refusal::NoSuchAccount) => CliError::Message(format!(
                "there is no account \"{user_name}\": `ringbook account list` names them"
            )),
            failure => failure.into(),
        })
    }

    pub fn execute(&self, user_name: &UserName, command: Command) -> Result<Outcome, CliError> {
        let tenant = self.tenant(user_name)?;
        Ok(self.wait(self.service.execute(&tenant, CommandRequest::new(command, self.origin())))?)
    }
}
