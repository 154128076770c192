//! Commands that only read: beside a writer, and on stores that cannot be written.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use test_support::{Home, Server};

use crate::full_disk;

/// A store in the directory `store`, and all commands that only read it. What they write goes to `out`,
/// which everybody may write.
struct Fixture {
    home: Home,
    wrapper: Vec<String>,
    is_nobody: bool,
}

impl Fixture {
    fn new() -> Self {
        let fixture = Self { home: Home::new(), wrapper: Vec::new(), is_nobody: false };
        let home = &fixture.home;
        for directory in ["store", "out"] {
            fs::create_dir(home.path(directory)).unwrap();
        }
        set_mode(&home.path("out"), 0o777);
        set_mode(&home.path(""), 0o755);
        home.write_csv("phones.csv", ["913,Mira,".to_owned()].into_iter());
        let key = fixture.ok(&["account", "create", "acme"]);
        home.keep_secret(key.trim());
        fixture.ok(&["skill", "create", "--account", "acme", "Sales"]);
        fixture.create("911", "Ravi");
        fixture
    }

    fn create(&self, number: &str, name: &str) {
        self.ok(&["phone", "create", "--account", "acme", number, name, "--skills", "Sales"]);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let program = self.home.command();
        let mut line = self.wrapper.iter().map(AsRef::as_ref).chain([program.get_program()]);
        let mut command = Command::new(line.next().unwrap());
        command.args(line).args(arguments).current_dir(self.home.path(""));
        command.env("RINGBOOK_STORE", "sqlite:store/ringbook.db").env_remove("RINGBOOK_LOG");
        if self.is_nobody && rustix::process::geteuid().is_root() {
            command.uid(65534).gid(65534);
        }
        command
    }

    #[track_caller]
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && error.is_empty(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Every command that only reads succeeds, finds the phones, and changes no byte of the store.
    #[track_caller]
    fn assert_reads(&self, phones: usize) {
        let before = self.files();
        let plural = if phones == 1 { "" } else { "s" };
        let count = format!("ok: 1 account, {phones} phone{plural}\n");
        assert_eq!(self.ok(&["check"]), count);
        let rows = |arguments: &[&str]| self.ok(arguments).lines().count() - 1;
        let account = ["--account", "acme"];
        assert_eq!(rows(&["account", "list"]), 1);
        assert_eq!(rows(&["account", "key", "list"]), 1);
        assert_eq!(rows(&["history", "--kind", "account.create"]), 1);
        assert_eq!(rows(&["operator", "list-keys"]), 0);
        assert_eq!(rows(&[&["skill", "list"], &account[..]].concat()), 1);
        assert_eq!(rows(&[&["skill", "order", "Sales"], &account[..]].concat()), phones);
        assert_eq!(rows(&[&["phone", "list"], &account[..]].concat()), phones);
        assert_eq!(rows(&[&["phone", "export"], &account[..]].concat()), phones);
        assert_eq!(rows(&[&["phone", "get", "911"], &account[..]].concat()), 1);
        let import = ["phone", "import", "--dry-run", "phones.csv"];
        assert_eq!(self.ok(&[&import, &account[..]].concat()), "1 row can be imported\n");
        self.ok(&["backup", "out/backup.db"]);
        let source = ["copy", "--from", "sqlite:store/ringbook.db"];
        self.ok(&[&source[..], &["--to", "sqlite:out/copy.db"]].concat());
        for copy in ["backup.db", "copy.db"] {
            let store = format!("sqlite:out/{copy}");
            assert_eq!(self.ok(&["--store", &store, "check"]), count);
            fs::remove_file(self.home.path("out").join(copy)).unwrap();
        }
        assert!(self.files() == before, "a file of the store was changed");
    }

    /// The files of the store but the index of its WAL, which is memory.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let files = fs::read_dir(self.home.path("store")).unwrap().map(|file| file.unwrap());
        let files = files.map(|file| (file.file_name().into_string().unwrap(), file.path()));
        let files = files.filter(|(name, _)| !name.ends_with("-shm"));
        files.map(|(name, path)| (name, fs::read(path).unwrap())).collect()
    }

    fn serve(&self) -> Server {
        Server::start(&mut self.command(&["serve"]), self.home.log_file())
    }

    /// Leaves a WAL with a phone in it, as a server does that is killed.
    fn crash(&self) {
        let mut server = self.serve();
        self.create("912", "Zoe");
        server.kill();
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn answers_beside_a_writer_that_holds_the_write_lock() {
    let fixture = Fixture::new();
    let _server = fixture.serve();
    let writer = rusqlite::Connection::open(fixture.home.path("store/ringbook.db")).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; DELETE FROM phone").unwrap();
    fixture.assert_reads(1);
}

#[test]
fn changes_no_file_and_leaves_none() {
    let fixture = Fixture::new();
    fixture.assert_reads(1);
    fixture.crash();
    fixture.assert_reads(2);
    fixture.create("914", "Asha");
    fixture.assert_reads(3);
    let names: Vec<_> = fixture.files().into_keys().collect();
    assert_eq!(names, ["ringbook.db"]);
}

#[test]
fn reads_a_store_on_a_read_only_medium() {
    if !full_disk::is_allowed() {
        return;
    }
    let mut fixture = Fixture::new();
    let mount = "mount --bind store store && mount -o remount,bind,ro store && exec \"$@\"";
    let wrapper = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"];
    let read_only = wrapper.map(str::to_owned).to_vec();
    for (has_wal, has_index) in [(false, false), (true, true), (true, false)] {
        fixture.wrapper.clear();
        if has_wal && has_index {
            fixture.crash();
        } else if has_wal {
            fs::remove_file(fixture.home.path("store/ringbook.db-shm")).unwrap();
        }
        fixture.wrapper.clone_from(&read_only);
        fixture.assert_reads(if has_wal { 2 } else { 1 });
    }
    let output =
        fixture.command(&["skill", "create", "--account", "acme", "New"]).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("Read-only file system"), "{message}");
}

/// Somebody who may read the files and write none, as a monitoring system does.
#[test]
fn reads_a_store_without_the_right_to_write_it() {
    let mut fixture = Fixture::new();
    let (store, directory) = (fixture.home.path("store/ringbook.db"), fixture.home.path("store"));
    // The other files get the permissions of the database.
    set_mode(&store, 0o644);
    set_mode(&directory, 0o755);
    fixture.is_nobody = true;
    if fixture.command(&["--version"]).output().is_err() {
        println!("NOT TESTED: another user cannot run the program");
        return;
    }
    fixture.assert_reads(1);
    fixture.is_nobody = false;
    let server = fixture.serve();
    fixture.create("912", "Zoe");
    fixture.is_nobody = true;
    fixture.assert_reads(2);
    drop(server);
    // The server was killed.
    fixture.assert_reads(2);
    // A directory that may be written, with a file that may not.
    fixture.is_nobody = false;
    fixture.create("914", "Asha");
    set_mode(&store, 0o444);
    set_mode(&directory, 0o777);
    fixture.is_nobody = true;
    fixture.assert_reads(3);
    assert_eq!(fixture.files().len(), 1);
}
