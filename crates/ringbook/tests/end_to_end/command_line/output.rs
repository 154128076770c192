//! What is printed, and where it goes.

use std::fs::File;
use std::io::PipeWriter;
use std::process::Stdio;

use test_support::Home;

fn home() -> Home {
    let home = Home::new();
    home.account("acme", &[]);
    home.skills("acme", &["General"]);
    home.ok(&["phone", "create", "--account", "acme", "911", "Ravi", "--assign", "General"]);
    std::fs::write(home.path("none.csv"), "phoneNumber,phoneName\n").unwrap();
    home
}

/// What is written to nobody, as after `| head -1`.
fn nobody() -> PipeWriter {
    std::io::pipe().unwrap().1
}

/// Every command that prints, on a store as it stands above.
const PRINTING: [&[&str]; 11] = [
    &["account", "list"],
    &["account", "list", "--format", "json"],
    &["skill", "list", "--account", "acme", "--format", "csv"],
    &["skill", "order", "--account", "acme", "General"],
    &["phone", "get", "--account", "acme", "911"],
    &["phone", "list", "--account", "acme"],
    &["phone", "list", "--account", "acme", "--format", "csv"],
    &["phone", "export", "--account", "acme"],
    &["phone", "import", "--account", "acme", "none.csv"],
    &["check"],
    &["completions", "bash"],
];

#[test]
fn prints_completions_for_every_shell() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.ok(&["completions", shell]);
        assert!(script.contains("ringbook") && script.contains("backup"), "{shell}: {script}");
    }
    assert!(!home.store().exists());
}

/// Nobody reads on, as after `| head -1`: that is no failure.
#[test]
fn ignores_a_closed_output() {
    let home = home();
    for arguments in PRINTING {
        let output = home.command().args(arguments).stdout(nobody()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        assert_eq!(output.stderr, b"", "{arguments:?}: {output:?}");
    }
}

/// Nor where there is more than a buffer takes.
#[test]
fn ignores_an_output_closed_in_the_middle() {
    let home = Home::new();
    home.account("acme", &["--phone-number-limit", "100000"]);
    home.write_csv("many.csv", (0..5_000).map(|n| format!("+91{n:08},Agent-{n},")));
    home.ok(&["phone", "import", "--account", "acme", "many.csv"]);
    let list = ["phone", "list", "--account", "acme", "--format"];
    for arguments in [
        &["phone", "export", "--account", "acme"][..],
        &[&list[..], &["csv"]].concat(),
        &[&list[..], &["json"]].concat(),
        &[&list[..], &["table"]].concat(),
    ] {
        let output = home.command().args(arguments).stdout(nobody()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        assert_eq!(output.stderr, b"", "{arguments:?}: {output:?}");
    }
}

/// Where nobody hears what is wrong either, the exit code still says it.
#[test]
fn exits_with_an_error_even_if_nobody_reads_it() {
    let home = home();
    std::fs::write(home.path("bad.csv"), "phoneNumber,phoneName\n911,Mira\n").unwrap();
    for (arguments, code) in [
        (&["phone", "import", "--account", "acme", "bad.csv"][..], 1),
        (&["phone", "import", "--account", "acme", "bad.csv", "--keep-going"], 1),
        (&["phone", "get", "--account", "acme", "999"], 1),
        (&["serve", "--tls-cert", "absent.pem"], 2),
    ] {
        let mut command = home.command();
        let status = command.args(arguments).stdout(nobody()).stderr(nobody()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

/// A file from elsewhere writes no line of ours and tells no terminal what to do.
#[test]
fn escapes_control_characters_of_a_file() {
    let home = home();
    let rows = "phoneNumber,phoneName,skills\n\
                7111,Evil,\"x\nringbook: 5 rows imported\x1b]0;pwned\x07\"\n\
                7112,\"E\nvil\",\n\"9\x1b\",Evil,हिन्दी\n";
    std::fs::write(home.path("evil.csv"), rows).unwrap();
    let json = "{\"number\": \"911\", \"name\": \"Ravi\", \"a\\n\\u001bb\": 1}\n";
    std::fs::write(home.path("evil.jsonl"), json).unwrap();
    for (file, lines) in [("evil.csv", 4), ("evil.jsonl", 2)] {
        let ran = home.run(&["phone", "import", "--account", "acme", file]);
        assert_eq!(ran.stderr.lines().count(), lines, "{ran:?}");
        assert!(!ran.stderr.contains(['\x1b', '\x07']), "{ran:?}");
    }
    let lookup = home.refused(&["phone", "get", "--account", "acme", "1\n\x1b[2J"]);
    assert_eq!(lookup, r"no phone 1\n\u{1b}[2J in this account");
    let skill = home.refused(&["skill", "delete", "--account", "acme", "हिन्दी 客服"]);
    assert_eq!(skill, "no skill \"हिन्दी 客服\" in this account");
}

#[cfg(target_os = "linux")]
#[test]
fn reports_output_that_cannot_be_written() {
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

/// A key that could not be printed was made for nothing: that it was is told, and how to have
/// another one, even where the reader has only gone away.
#[test]
fn reports_a_key_that_could_not_be_printed() {
    let home = home();
    for (arguments, instead) in [
        (&["account", "create", "other"][..], "`ringbook account edit other --rotate-api-key`"),
        (&["account", "edit", "acme", "--rotate-api-key"], "account edit acme --rotate-api-key`"),
        (&["account", "key", "create", "acme", "Board", "--scope", "read"], " --overlap-s 0`"),
        (&["account", "key", "rotate", "acme", "0"], "`ringbook account key rotate acme 0 "),
        (&["operator", "create-key", "setup"], "`ringbook operator delete-key \"setup\"`"),
    ] {
        let output = home.command().args(arguments).stdout(nobody()).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        for words in [" was made but could not be shown: ", instead, "another one"] {
            assert!(told.contains(words), "{told} lacks {words}");
        }
    }
    assert!(home.ok(&["account", "list"]).contains("other"));
}

#[cfg(target_os = "linux")]
#[test]
fn fails_to_print_a_key_onto_a_full_disk() {
    let home = home();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = home.command();
    command.args(["account", "edit", "acme", "--rotate-api-key"]).stdout(full);
    let status = command.stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

/// `-h` is for those who look something up, `--help` for those who learn.
#[test]
fn long_help_explains_more_than_short_help() {
    let home = Home::new();
    for (command, explained) in [
        (&["serve"][..], "Each option can stand in the environment"),
        (&["config"], "password and parameters are left out"),
        (&["copy"], "run the same command again"),
        (&["migrate"], "before the first release"),
        (&["phone", "import"], "separated by commas within their cell"),
    ] {
        let help = |option| {
            let help = home.ok(&[command, &[option]].concat());
            help.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let (short, long) = (help("-h"), help("--help"));
        assert!(long.contains(explained), "{command:?}: {long}");
        assert!(!short.contains(explained), "{command:?}: {short}");
        // What all commands share stands by itself.
        let (own, common) = long.split_once("Options of every command:").unwrap();
        for option in ["--store <URL>", "--no-migrate", "--config <FILE>"] {
            let option = format!(" {option}");
            assert!(common.contains(&option) && !own.contains(&option), "{command:?}: {option}");
        }
    }
}
