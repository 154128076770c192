//! The program under test, driven through its command line as by an administrator.

use std::env;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::error::{Context, Outcome};
use crate::fixture::{Account, SKILLS};
use crate::server::Server;

/// The program under test together with one store.
#[derive(Clone, Debug)]
pub struct Ringbook {
    binary: PathBuf,
    /// The store, such as `sqlite:/path/file.db`.
    pub store: String,
}

impl Ringbook {
    pub fn new(binary: &Path, store: impl Into<String>) -> Self {
        Self { binary: binary.to_owned(), store: store.into() }
    }

    /// Creates accounts with their skills and phones.
    pub fn create<'a>(&self, accounts: impl IntoIterator<Item = &'a Account>) -> Outcome<()> {
        for account in accounts {
            self.create_account(account)?;
        }
        Ok(())
    }

    /// Creates one account. Returns the run time of the import of its phones.
    pub fn create_account(&self, account: &Account) -> Outcome<Duration> {
        self.create_empty(account)?;
        let csv = tempfile::NamedTempFile::new()?;
        account.write_csv(BufWriter::new(File::create(csv.path())?))?;
        let path = csv.path().to_str().ok_or("the path of the import file is not UTF-8")?;
        let begun = Instant::now();
        self.run(&["phone", "import", "--keep-going", "--account", &account.user_name, path])?;
        Ok(begun.elapsed())
    }

    /// Creates an account with its skills and no phones.
    pub fn create_empty(&self, account: &Account) -> Outcome<()> {
        let Account { user_name, api_key, phones } = account;
        let (name, limit) = (user_name.as_str(), phones.to_string());
        let options = ["--api-key", api_key, "--phone-number-limit", &limit];
        self.run(&[&["account", "create", name], &options[..]].concat())?;
        self.run(&[&["skill", "create", "--account", name], &SKILLS[..]].concat())
    }

    /// Checks the store against the rules.
    pub fn check(&self) -> Outcome<()> {
        self.run(&["check"])
    }

    /// Starts a server on the store.
    pub fn serve(&self, log: &Path) -> Outcome<Server> {
        Server::start(self.command(&["serve"]), log)
    }

    /// Starts a server that has loaded these accounts.
    pub fn serve_loaded(&self, accounts: &[Account], log: &Path) -> Outcome<Server> {
        let server = self.serve(log)?;
        let client = server.client();
        for account in accounts {
            client.get(account, "/v1/phones/p1")?;
        }
        Ok(server)
    }

    /// A command with default settings, whatever the environment holds.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("RINGBOOK_") {
                command.env_remove(name);
            }
        }
        command.env("RINGBOOK_STORE", &self.store).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Outcome<()> {
        let line = format!("ringbook {}", arguments.join(" "));
        let output = self.command(arguments).output().context(&line)?;
        if output.status.success() {
            return Ok(());
        }
        let error = String::from_utf8_lossy(&output.stderr);
        Err(format!("{line}: {}\n{error}", output.status).into())
    }
}
