//! Fills a store through the command line of ringbook, as an administrator would.

use std::env;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::error::{During, Outcome};
use crate::fixture::{Account, SKILLS};

/// The program under test together with one store.
#[derive(Clone, Debug)]
pub struct Ringbook {
    binary: PathBuf,
    store: String,
}

impl Ringbook {
    /// The program at `binary` with a store such as `sqlite:/path/file.db`.
    pub fn new(binary: &Path, store: impl Into<String>) -> Self {
        Self { binary: binary.to_owned(), store: store.into() }
    }

    /// The program with a `SQLite` store in this file.
    pub fn with_file(binary: &Path, file: &Path) -> Self {
        Self::new(binary, format!("sqlite:{}", file.display()))
    }

    /// The store.
    pub fn store(&self) -> &str {
        &self.store
    }

    /// A command for this store with default settings, whatever the environment holds.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("RINGBOOK_") {
                command.env_remove(name);
            }
        }
        command.env("RINGBOOK_STORE", &self.store).args(arguments);
        command
    }

    /// Creates an account with its skills and no phones.
    pub fn create_empty(&self, account: &Account) -> Outcome<()> {
        let name = account.user_name.as_str();
        let limit = account.phones.to_string();
        self.run(&[
            "account",
            "create",
            name,
            "--api-key",
            &account.api_key,
            "--phone-number-limit",
            &limit,
        ])?;
        let mut skills = vec!["skill", "create", "--account", name];
        skills.extend(SKILLS);
        self.run(&skills)
    }

    /// Creates an account with its skills and phones. `csv` is a file to write the phones
    /// to. Returns how long the import of the phones took, from start to end of its process.
    pub fn create(&self, account: &Account, csv: &Path) -> Outcome<Duration> {
        self.create_empty(account)?;
        let name = account.user_name.as_str();
        let file = File::create(csv).during(csv.display())?;
        account.write_csv(BufWriter::new(file)).during(csv.display())?;
        let csv = csv.to_str().ok_or("the path of the import file is not UTF-8")?;
        let begun = Instant::now();
        self.run(&["phone", "import", "--account", name, csv])?;
        Ok(begun.elapsed())
    }

    /// Checks the store against the rules.
    pub fn check(&self) -> Outcome<()> {
        self.run(&["check"])
    }

    fn run(&self, arguments: &[&str]) -> Outcome<()> {
        let told = format!("ringbook {}", arguments.join(" "));
        let output = self.command(arguments).output().during(&told)?;
        if output.status.success() {
            return Ok(());
        }
        let error = String::from_utf8_lossy(&output.stderr);
        Err(format!("{told}: {}\n{error}", output.status).into())
    }
}
