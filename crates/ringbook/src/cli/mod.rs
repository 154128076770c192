//! The command line.

mod account;
mod api;
mod change;
mod config;
mod confirm;
mod context;
mod demo;
mod erase;
mod format;
mod history;
mod input;
mod listen;
pub mod logs;
mod operator;
mod phone;
mod progress;
mod route;
mod routing;
mod serve;
mod settings;
mod signals;
mod skill;
mod store;
mod sync;
mod undo;
mod user;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use api::{OfAccount, ServerChoice, Target};
use context::{COMMON, CliError, StoreChoice};
use settings::Settings;

/// First steps and exit codes: the end of `--help`.
const AFTER_HELP: &str = "\
First steps:
  ringbook serve --demo                         try it: prints an API key and a call that works
  ringbook account create acme                  make an account, prints its API key once
  ringbook skill create --account acme General  make a skill
  ringbook phone import --account acme p.csv    bring phones in
  ringbook serve                                serve the API on 127.0.0.1:8080

All commands work beside a running server, which notices within a second.

Exit codes: 0 done · 1 refused or failed, nothing lost · 2 wrong usage or settings";

/// A phone directory for contact centres: answers CloudAgent's PhoneManageV2 API.
#[derive(Debug, Parser)]
#[command(name = "ringbook", version, after_help = AFTER_HELP, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    store: StoreChoice,
    #[command(flatten)]
    server: ServerChoice,
    /// A file with settings, by the names of the options; absent, ringbook.toml in the current
    /// directory, if there is one
    #[arg(long, global = true, value_name = "FILE", help_heading = COMMON)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

// Commands without a docstring here have a longer one on their own type.
#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Config(config::Config),
    /// Accounts: one tenant each, with an API key, skills and phones
    #[command(subcommand)]
    Account(account::Account),
    /// Keys of the operator, with which accounts are made and deleted over HTTP
    #[command(subcommand)]
    Operator(operator::Operator),
    /// Skills of an account, and the order in which their phones ring
    Skill(OfAccount<skill::Skill>),
    /// Phones of an account
    Phone(OfAccount<phone::Phone>),
    Route(route::Route),
    Sync(sync::Sync),
    History(history::History),
    Undo(undo::Undo),
    /// Copy the store to a new file, while servers go on writing
    Backup {
        /// The new file; it is a store like any other
        file: PathBuf,
    },
    Copy(store::Copy),
    Erase(erase::Erase),
    /// Bring the schema of the store up to date, or make the store.
    ///
    /// Every command that writes does so by itself, under a lock, unless `--no-migrate` says not to. A store
    /// from before the first release is refused.
    Migrate,
    /// Check the store: its integrity, and the rules against what is stored
    Check,
    /// Print completions for a shell
    ///
    /// For example: `ringbook completions bash > /etc/bash_completion.d/ringbook`
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Runs the program.
pub fn main() -> ExitCode {
    match Settings::read(Cli::command()).and_then(|settings| run(&settings)) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of a pipe, such as `head`, may close it early.
        Err(CliError::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error @ CliError::Told(_)) => error.exit_code(),
        Err(error) => {
            format::print_error(format_args!("ringbook: {error}"));
            error.exit_code()
        }
    }
}

fn run(settings: &Settings) -> Result<(), CliError> {
    // Cannot fail: the matches come from the definition of `Cli`.
    let cli = Cli::from_arg_matches(settings.matches()).unwrap_or_else(|error| error.exit());
    let command = match cli.command {
        Command::Config(config) => return config.run(settings),
        Command::Completions { shell } => return completions(shell),
        command => command,
    };
    let target = Target::of(cli.store, cli.server, settings.matches())?;
    let store = || target.only_store();
    match command {
        Command::Serve(serve) => serve.run(store()?, &settings.unknown_variables()),
        Command::Config(_) | Command::Completions { .. } => unreachable!("run above"),
        Command::Account(account) => account.run(&target),
        Command::Operator(operator) => operator.run(store()?),
        Command::Skill(skill) => skill.run(&target),
        Command::Phone(phone) => phone.run(&target),
        Command::Route(route) => route.run(&target),
        Command::Sync(sync) => sync.run(&target),
        Command::History(history) => history.run(&target),
        Command::Undo(undo) => undo.run(&target),
        Command::Backup { file } => store::backup(store()?, &file),
        Command::Copy(copy) => copy.run(store()?),
        Command::Erase(erase) => erase.run(store()?),
        Command::Migrate => store::migrate(store()?),
        Command::Check => store::check(store()?),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<(), CliError> {
    // To memory first, because `generate` panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ringbook", &mut script);
    Ok(std::io::stdout().write_all(&script)?)
}
