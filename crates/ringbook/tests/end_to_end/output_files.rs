//! Files that commands write: complete or as before, whatever happens meanwhile.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use test_support::Home;

/// Some 200 KB in a store, and 100 KB as CSV.
const PHONES: usize = 4000;

/// What a process may write to a file, in units of the shell's `ulimit`: less than an export or a backup,
/// and more than SQLite needs to read.
const LIMIT: &str = "ulimit -f 64";

const EXPORT: &str = "ringbook phone export --account acme phones.csv";
const BACKUP: &str = "ringbook backup copy.db";
const COPY: &str = "ringbook copy --from \"$RINGBOOK_STORE\" --to sqlite:copy.db";

fn home() -> Home {
    let home = Home::new();
    home.account("acme", &["--phone-number-limit", "100000"]);
    home.write_csv("all.csv", (0..PHONES).map(|n| format!("+91{n:08},Agent-{n},")));
    home.ok(&["phone", "import", "--account", "acme", "all.csv"]);
    fs::write(home.path("phones.csv"), "the old one").unwrap();
    home
}

/// The names in the directory that are not of the store.
fn names(home: &Home) -> Vec<String> {
    let names = fs::read_dir(home.path("")).unwrap();
    let names = names.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with("ringbook.db")).collect();
    names.sort();
    names
}

#[test]
fn a_failed_command_leaves_the_old_file_and_no_other() {
    for command in [EXPORT, BACKUP, COPY] {
        let home = home();
        // Writing more fails, as on a full disk.
        let ran = home.shell(&format!("trap '' XFSZ; {LIMIT}; {command}"));
        assert_eq!(ran.status.code(), Some(1), "{command}: {ran:?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{command}: {ran:?}");
        assert_eq!(fs::read_to_string(home.path("phones.csv")).unwrap(), "the old one");
        assert_eq!(names(&home), ["all.csv", "phones.csv"], "{command}");
    }
}

#[test]
fn the_next_command_removes_what_a_killed_one_left() {
    for command in [EXPORT, BACKUP, COPY] {
        let home = home();
        // The limit kills, in the middle of the file.
        let ran = home.shell(&format!("{LIMIT}; exec {command}"));
        assert_eq!(ran.status.code(), None, "{command}: {ran:?}");
        assert_eq!(fs::read_to_string(home.path("phones.csv")).unwrap(), "the old one");
        let left = names(&home);
        assert!(left.len() == 3 && left.iter().any(|name| name.ends_with(".partial")), "{left:?}");
        home.ok(&["backup", "another.db"]);
        assert_eq!(names(&home), ["all.csv", "another.db", "phones.csv"], "{command}");
        assert!(home.shell(command).status.success(), "{command}");
    }
}

#[test]
fn an_export_follows_a_link_and_keeps_permissions() {
    let home = home();
    fs::set_permissions(home.path("phones.csv"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::create_dir(home.path("links")).unwrap();
    symlink("../phones.csv", home.path("links/phones.csv")).unwrap();
    home.ok(&["phone", "export", "--account", "acme", "links/phones.csv"]);
    assert!(home.path("links/phones.csv").is_symlink());
    assert_eq!(fs::read_to_string(home.path("phones.csv")).unwrap().lines().count(), PHONES + 1);
    let mode = home.path("phones.csv").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn an_export_writes_directly_to_what_is_no_regular_file() {
    let home = home();
    let export = "ringbook phone export --account acme";
    let count = format!("{}\n", PHONES + 1);
    for (line, printed) in [
        (format!("{export} /dev/stdout | wc -l"), count.as_str()),
        (format!("(echo first; {export} /dev/stdout) > one && head -n 1 one"), "first\n"),
        (format!("mkfifo pipe && ({export} pipe & wc -l < pipe; wait); rm pipe"), &count),
        // A reader that leaves early is no failure.
        (format!("{export} /dev/stdout | head -n 1"), "id,number,name,skills\n"),
        (format!("set -o pipefail; {export} | head -n 1"), "id,number,name,skills\n"),
        (format!("{export} /dev/null"), ""),
    ] {
        let ran = home.shell(&line);
        assert!(ran.status.success(), "{line}: {ran:?}");
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (printed, ""), "{line}");
    }
    let ran = home.shell(&format!("mkdir d; {export} d"));
    assert_eq!(ran.stderr, "ringbook: cannot write d: Is a directory (os error 21)\n");
}
