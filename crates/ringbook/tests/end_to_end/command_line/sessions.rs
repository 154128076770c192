//! Sessions in a shell, as text: commands, what they print, and how they end.
//!
//! A session begins with `## ` and its name, in an empty directory. A command begins with `$ `,
//! and goes on over lines that begin with `> `. What it must print follows, with `…` for anything;
//! lines of the standard error begin with `! `. An exit code other than 0 follows as `[CODE]`.

use std::fmt::Write as _;

use test_support::{Home, fits};

#[test]
fn commands_print_what_the_sessions_say() {
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/end_to_end/command_line/sessions");
    let mut count = 0;
    for file in std::fs::read_dir(files).unwrap() {
        let file = file.unwrap().path();
        println!("{}", file.display());
        let text = std::fs::read_to_string(file).unwrap();
        for session in text.split("## ").skip(1) {
            println!("## {session}");
            check(session);
            count += 1;
        }
    }
    assert!(count > 20, "the sessions are not found");
}

fn check(session: &str) {
    let home = Home::new();
    for step in session.split("\n$ ").skip(1) {
        let (command, expected) = step.split_once('\n').unwrap_or((step, ""));
        let mut script = command.to_owned();
        let mut expected = expected;
        while let Some(more) = expected.strip_prefix("> ") {
            let (line, rest) = more.split_once('\n').unwrap_or((more, ""));
            write!(script, "\n{line}").unwrap();
            expected = rest;
        }
        let ran = home.shell(&script);
        let mut printed = ran.stdout;
        for line in ran.stderr.lines() {
            writeln!(printed, "! {line}").unwrap();
        }
        if !ran.status.success() {
            writeln!(printed, "[{}]", ran.status.code().unwrap()).unwrap();
        }
        assert!(
            fits(expected.trim_end(), printed.trim_end()),
            "$ {command}\nexpected:\n{expected}\nprinted:\n{printed}"
        );
    }
}
