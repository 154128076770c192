//! A directory with a store in it, and the program that works there.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde::Deserialize;
use tempfile::TempDir;
use test_postgres::until;

use super::replay::assert_history_leads_to_content;
use super::server::Server;
use super::test_store::sqlite_rows;

/// A directory with a store in it. When dropped, no file of it may hold a secret: neither the
/// store nor its log, nor what a server or a command has told.
pub struct Home {
    directory: TempDir,
    /// Where the store is, as the program is told.
    store_url: String,
    secrets: RefCell<Vec<String>>,
    /// How many servers had a log.
    logs: Cell<u32>,
}

/// What a command has told.
#[derive(Debug)]
pub struct Ran {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// A phone in `ringbook phone list --format json`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Row {
    pub number: String,
    pub name: String,
    pub skills: Vec<String>,
}

impl Home {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store_url = format!("sqlite:{}", directory.path().join("ringbook.db").display());
        Self::with_store(directory, store_url)
    }

    /// A home whose store may be elsewhere.
    pub fn with_store(directory: TempDir, store_url: String) -> Self {
        Self { directory, store_url, secrets: RefCell::default(), logs: Cell::default() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The store.
    pub fn store(&self) -> PathBuf {
        self.path("ringbook.db")
    }

    /// The program, about to work on the store.
    pub fn command(&self) -> Command {
        self.prepare(Command::new(program()))
    }

    /// Runs a line of a shell in which `ringbook` is the program, to its end.
    pub fn shell(&self, line: &str) -> Ran {
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", program().parent().unwrap().display());
        let mut command = self.prepare(Command::new("bash"));
        self.finish(command.args(["-c", line]).env("PATH", path))
    }

    fn prepare(&self, mut command: Command) -> Command {
        command
            .env_remove("RINGBOOK_LOG")
            .env("RINGBOOK_STORE", &self.store_url)
            .env_remove("SUDO_USER")
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.finish(self.command().args(arguments))
    }

    fn finish(&self, command: &mut Command) -> Ran {
        let output = command.output().unwrap();
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(!stderr.contains("panicked"), "{command:?}: {stderr}");
        for secret in &*self.secrets.borrow() {
            let is_printed = stdout.contains(secret) || stderr.contains(secret);
            assert!(!is_printed, "{command:?} prints a secret");
        }
        Ran { status: output.status, stdout, stderr }
    }

    /// Runs a command that succeeds, and returns what it prints.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert!(ran.status.success(), "{arguments:?}: {ran:?}");
        assert_eq!(ran.stderr, "", "{arguments:?}");
        ran.stdout
    }

    /// Runs a command that fails with exit code 1 and one sentence, and returns the sentence.
    #[track_caller]
    pub fn refused(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.status.code(), Some(1), "{arguments:?}: {ran:?}");
        let sentence = ran.stderr.trim_end().lines().next_back().unwrap_or_default();
        let sentence = sentence.strip_prefix("ringbook: ");
        sentence.unwrap_or_else(|| panic!("{arguments:?}: {ran:?}")).to_owned()
    }

    /// Makes an account and returns its key.
    #[track_caller]
    pub fn account(&self, user_name: &str, settings: &[&str]) -> String {
        let key = self.ok(&[&["account", "create", user_name], settings].concat());
        self.keep_secret(key.trim())
    }

    /// From now on this text may stand nowhere.
    pub fn keep_secret(&self, secret: &str) -> String {
        assert!(secret.len() >= 8, "{secret:?} is no secret");
        self.secrets.borrow_mut().push(secret.to_owned());
        secret.to_owned()
    }

    /// Makes skills.
    #[track_caller]
    pub fn skills(&self, user_name: &str, names: &[&str]) {
        self.ok(&[&["skill", "create", "--account", user_name], names].concat());
    }

    /// Writes a file to import, a row a phone.
    pub fn write_csv(&self, name: &str, rows: impl Iterator<Item = String>) {
        let lines = std::iter::once("phoneNumber,phoneName,skills".to_owned()).chain(rows);
        std::fs::write(self.path(name), lines.collect::<Vec<_>>().join("\n")).unwrap();
    }

    /// Starts a server on the store.
    pub fn serve(&self, arguments: &[&str]) -> Server {
        Server::start(self.command().arg("serve").args(arguments), self.log_file())
    }

    /// A file for the log of another server.
    pub fn log_file(&self) -> PathBuf {
        self.logs.set(self.logs.get() + 1);
        self.path(&format!("{}.log", self.logs.get()))
    }

    /// The phones of an account, sorted by number.
    #[track_caller]
    pub fn phones(&self, user_name: &str) -> Vec<Row> {
        let list = self.ok(&["phone", "list", "--account", user_name, "--format", "json"]);
        let mut rows: Vec<Row> = serde_json::from_str(&list).unwrap();
        rows.sort();
        rows
    }

    /// The store is sound.
    #[track_caller]
    pub fn check(&self) {
        let message = self.ok(&["check"]);
        assert!(message.starts_with("ok: "), "{message}");
    }

    /// The rows of a query on the store, with ` | ` between columns.
    pub fn query(&self, sql: &str) -> Vec<String> {
        self.query_in("ringbook.db", sql)
    }

    /// The same on another store beside it.
    pub fn query_in(&self, name: &str, sql: &str) -> Vec<String> {
        sqlite_rows(&rusqlite::Connection::open(self.path(name)).unwrap(), sql)
    }

    /// The history of each account leads to what is there.
    #[track_caller]
    pub fn assert_history(&self) {
        assert_history_leads_to_content(|sql| self.query(sql));
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the files are gone with {}", self.directory.path().display());
            return;
        }
        assert_no_secrets(self.directory.path(), &self.secrets.borrow());
    }
}

/// No file of the directory has one of the secrets in it.
pub fn assert_no_secrets(directory: &Path, secrets: &[String]) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_no_secrets(&path, secrets);
            continue;
        }
        let content = match std::fs::read(&path) {
            // SQLite removes the WAL and its index when the last connection closes, which a server
            // that was stopped may do just now.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            content => content.unwrap(),
        };
        let content = String::from_utf8_lossy(&content);
        for secret in secrets {
            assert!(!content.contains(secret), "{} holds a secret", path.display());
        }
    }
}

/// The program, built by cargo together with the tests. Cargo says where it is to the tests that
/// it runs; a test binary that is run by hand is in a directory beside it.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("CARGO_BIN_EXE_ringbook") {
        return program.into();
    }
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).expect("a test is in target/debug/deps").join("ringbook")
}

/// Whether a text is as expected, with `…` for anything.
pub fn fits(expected: &str, text: &str) -> bool {
    match expected.split_once('…') {
        None => expected == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.into_iter().any(|at| fits(rest, &text[at..]))
        }),
    }
}

#[test]
fn an_ellipsis_fits_anything() {
    for (expected, text, fit) in
        [("KK…", "KK0123", true), ("…b…", "abc", true), ("a…c", "abcd", false), ("a", "ab", false)]
    {
        assert_eq!(fits(expected, text), fit, "{expected:?}, {text:?}");
    }
}

/// Waits until a file has a text in it.
#[track_caller]
pub fn wait_for_text(file: &Path, text: &str) {
    until(&format!("{text:?} in {}", file.display()), || {
        std::fs::read_to_string(file).is_ok_and(|content| content.contains(text))
    });
}
