//! What is printed, and where it goes.

use std::fs::File;
use std::process::Stdio;

use crate::support::Home;

fn home() -> Home {
    let home = Home::new();
    home.account("acme", &[]);
    home.skills("acme", &["General"]);
    home.ok(&["phone", "create", "--account", "acme", "911", "Ravi", "--assign", "General"]);
    std::fs::write(home.path("none.csv"), "phoneNumber,phoneName\n").unwrap();
    home
}

/// Every command that prints, on a store as it stands above.
const PRINTING: [&[&str]; 10] = [
    &["account", "list"],
    &["account", "list", "--format", "json"],
    &["skill", "list", "--account", "acme", "--format", "csv"],
    &["skill", "order", "--account", "acme", "General"],
    &["phone", "get", "--account", "acme", "911"],
    &["phone", "list", "--account", "acme"],
    &["phone", "export", "--account", "acme"],
    &["phone", "import", "--account", "acme", "none.csv"],
    &["check"],
    &["completions", "bash"],
];

#[test]
fn completions_are_there_for_every_shell() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.ok(&["completions", shell]);
        assert!(script.contains("ringbook") && script.contains("backup"), "{shell}: {script}");
    }
    assert!(!home.store().exists());
}

/// Nobody reads on, as after `| head -1`: that is no failure.
#[test]
fn output_that_nobody_reads_is_no_failure() {
    let home = home();
    for arguments in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = home.command().args(arguments).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        assert_eq!(output.stderr, b"", "{arguments:?}: {output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_said() {
    let home = home();
    for arguments in PRINTING {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = home.command().args(arguments).stdout(full).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        assert!(told.starts_with("ringbook: cannot write the output: "), "{arguments:?}: {told}");
        assert_eq!(told.lines().count(), 1, "{arguments:?}: {told}");
    }
}

/// A key that could not be printed was made for nothing; that it was is told.
#[cfg(target_os = "linux")]
#[test]
fn a_key_that_cannot_be_printed_is_a_failure() {
    let home = home();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = home.command();
    command.args(["account", "edit", "acme", "--rotate-api-key"]).stdout(full);
    let status = command.stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(1));
}
