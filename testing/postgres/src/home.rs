//! The directory of a server.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::program;
use crate::user::other_user;

/// How long a folder's path may be that a home is made in, such that the path of the server's Unix
/// socket, which is in the home, stays within the 103 bytes that macOS allows.
const BASE_LENGTH_MAX: usize = 103 - "/ringbook-pg-123456/.s.PGSQL.65535".len();

/// The file with the id of the program that runs, for the guard.
const RUNNING: &str = "running.id";

/// The directory of a server, which is removed when this is dropped or the process ends, after
/// the server in it.
pub struct Home {
    path: PathBuf,
    guard: Child,
}

impl Home {
    pub fn new() -> Self {
        // Whoever can enter it can be the superuser.
        let owner_only = fs::Permissions::from_mode(0o700);
        let mut builder = tempfile::Builder::new();
        let made = builder.prefix("ringbook-pg-").permissions(owner_only).tempdir_in(base());
        let path = made.expect("make a temporary directory").keep();
        // In a group of its own, so that what ends the test's group leaves the guard alone.
        let guard = Command::new("sh")
            .args(["-c", include_str!("guard.sh"), "guard"])
            .arg(&path)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("start `sh`");
        let home = Self { path, guard };
        home.hand_over(&home.path);
        home
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory that `initdb` makes.
    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    pub fn log_file(&self) -> PathBuf {
        self.path.join("log")
    }

    /// Writes a file that is the server's alone, in its data.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.data().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self.hand_over(&path);
    }

    /// Makes what is at `path` the property of the user that servers run as.
    fn hand_over(&self, path: &Path) {
        assert!(path.starts_with(&self.path));
        if let Some(other) = other_user() {
            chown(path, Some(other.user), Some(other.group)).unwrap();
        }
    }

    /// Starts a program of PostgreSQL, known to the guard before it has begun.
    pub fn start(&self, name: &str, arguments: &[impl AsRef<OsStr>]) -> Child {
        let log = File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("echo $$ >{RUNNING} && exec \"$@\""), "sh"])
            .arg(program::path(name))
            .args(arguments)
            .current_dir(&self.path)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0);
        // Nothing of whoever runs the tests decides what the programs do or say.
        for (variable, _) in std::env::vars_os() {
            if variable.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(variable);
            }
        }
        command.env("LC_ALL", "C").env("TZ", "UTC");
        if let Some(other) = other_user() {
            command.uid(other.user).gid(other.group);
        }
        command.spawn().unwrap_or_else(|error| panic!("start {name}: {error}"))
    }

    /// The program that was started has ended.
    pub fn forget(&self) {
        fs::remove_file(self.path.join(RUNNING)).unwrap();
    }

    /// Runs a program of PostgreSQL that must succeed.
    pub fn run(&self, name: &str, arguments: &[impl AsRef<OsStr>]) {
        let status = self.start(name, arguments).wait().unwrap();
        self.forget();
        assert!(status.success(), "{name} failed, {status}:\n{}", self.log());
    }

    /// What the server and the other programs have logged so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // Whatever comes of it: there may be a panic already.
        let _ = self.guard.wait();
    }
}

/// A folder for temporary directories that the server's user can enter.
fn base() -> PathBuf {
    let candidates = [std::env::temp_dir(), PathBuf::from("/tmp")];
    let candidates = candidates.iter().filter_map(|folder| folder.canonicalize().ok());
    let mut fit = candidates.filter(|folder| {
        let is_short = folder.as_os_str().len() <= BASE_LENGTH_MAX;
        is_short && (other_user().is_none() || folder.ancestors().all(can_be_entered_by_all))
    });
    fit.next().expect("neither TMPDIR nor /tmp can hold a server's directory")
}

fn can_be_entered_by_all(folder: &Path) -> bool {
    folder.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0)
}
