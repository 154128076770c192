//! Sessions in a shell, as text: commands, what they print, and how they end.
//!
//! A session begins with `## ` and its name, in an empty directory. A command begins with `$ `,
//! and goes on over lines that begin with `> `. What it must print follows, with `…` for anything;
//! lines of the standard error begin with `! `. An exit code other than 0 follows as `[CODE]`.

use std::fmt::Write as _;

use test_support::{Home, fits};

/// What a session works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    Store,
    /// A server that has the store, but for what is about the store itself.
    Server,
}

/// Instead of the program: keeps the keys of accounts, and asks the server with them.
const ASKS_THE_SERVER: &str = r#"
ringbook() {
    local account=$(ls "$KEYS") word before
    for word; do
        [ "$before" = --account ] && account=$word
        before=$word
    done
    case "$1 $2" in
    "account create") command ringbook "$@" | tee "$KEYS/$3"; return "${PIPESTATUS[0]}" ;;
    "phone "* | "route "* | "sync "* | "skill "* | "history "* | "undo "* | "account key") ;;
    *) command ringbook "$@"; return ;;
    esac
    RINGBOOK_ACCOUNT=$account command ringbook --server "$SERVER" --key-file "$KEYS/$account" "$@"
}
export -f ringbook
"#;

/// The sessions of a folder, and how many there are.
fn check_all(folder: &str, targets: &[On]) -> usize {
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/end_to_end/command_line/sessions");
    let (mut count, mut wrong) = (0, String::new());
    for file in std::fs::read_dir(format!("{files}/{folder}")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for session in text.split("## ").skip(1) {
            for on in targets {
                check(session, *on).unwrap_or_else(|why| wrong += &why);
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    count
}

#[test]
fn commands_print_what_the_sessions_say() {
    assert!(check_all("store", &[On::Store]) > 10, "the sessions are not found");
}

#[test]
fn commands_do_to_a_server_what_they_do_to_a_store() {
    assert!(check_all("account", &[On::Store, On::Server]) > 10, "the sessions are not found");
    check_all("server", &[On::Server]);
}

fn check(session: &str, on: On) -> Result<(), String> {
    let (home, keys) = (Home::new(), tempfile::tempdir().unwrap());
    let server = (on == On::Server).then(|| home.serve(&[]));
    let before = server.as_ref().map_or_else(String::new, |server| {
        let keys = keys.path().display();
        format!("export SERVER=http://{} KEYS={keys}\n{ASKS_THE_SERVER}", server.address)
    });
    for step in session.split("\n$ ").skip(1) {
        let (command, expected) = step.split_once('\n').unwrap_or((step, ""));
        let mut script = format!("{before}{command}");
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
        if !fits(expected.trim_end(), printed.trim_end()) {
            let name = session.lines().next().unwrap_or_default();
            return Err(format!(
                "\n## {name} ({on:?})\n$ {command}\nexpected:\n{expected}\nprinted:\n{printed}"
            ));
        }
    }
    // The keys stand in no file, no log and no history: the home looks when it is dropped.
    for key in std::fs::read_dir(keys.path()).unwrap() {
        home.keep_secret(std::fs::read_to_string(key.unwrap().path()).unwrap().trim());
    }
    Ok(())
}
