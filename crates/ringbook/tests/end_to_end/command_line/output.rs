//! What is printed, and where it goes.

use std::fs::File;
use std::io::PipeWriter;

use test_support::Home;

fn home() -> Home {
    let home = Home::new();
    home.account("acme", &[]);
    home.skills("acme", &["General"]);
    home.ok(&["phone", "create", "--account", "acme", "911", "Ravi", "--skills", "General"]);
    std::fs::write(home.path("none.csv"), "phoneNumber,phoneName\n").unwrap();
    std::fs::write(home.path("same.csv"), "number,name\n911,Ravi\n").unwrap();
    home
}

/// What is written to nobody, as after `| head -1`.
fn nobody() -> PipeWriter {
    std::io::pipe().unwrap().1
}

/// Every command that prints, on a store as it stands above.
const PRINTING: [&[&str]; 12] = [
    &["account", "list"],
    &["account", "list", "--format", "json"],
    &["skill", "list", "--account", "acme", "--format", "csv"],
    &["skill", "order", "--account", "acme", "General"],
    &["phone", "get", "--account", "acme", "911"],
    &["phone", "list", "--account", "acme"],
    &["phone", "list", "--account", "acme", "--format", "csv"],
    &["phone", "export", "--account", "acme"],
    &["phone", "import", "--account", "acme", "none.csv"],
    &["sync", "--account", "acme", "same.csv"],
    &["check"],
    &["completions", "bash"],
];

/// A reader that goes away, as in `| head -1`, is no failure: before the output, or in the middle
/// of more than a buffer takes.
#[test]
fn ignores_a_closed_output() {
    let home = home();
    home.account("crowd", &["--phone-number-limit", "100000"]);
    home.write_csv("many.csv", (0..5_000).map(|n| format!("+91{n:08},Agent-{n},")));
    home.ok(&["phone", "import", "--account", "crowd", "many.csv"]);
    let list = |format| ["phone", "list", "--account", "crowd", "--format", format];
    let long = [list("csv"), list("json"), list("table")];
    let mut commands = PRINTING.to_vec();
    commands.push(&["phone", "export", "--account", "crowd"]);
    commands.extend(long.iter().map(|arguments| &arguments[..]));
    for arguments in commands {
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

#[cfg(target_os = "linux")]
#[test]
fn reports_output_that_cannot_be_written() {
    let home = home();
    let rotate: &[&str] = &["account", "key", "rotate", "--account", "acme"];
    for arguments in [&PRINTING[..], &[rotate]].concat() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = home.command().args(arguments).stdout(full).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {message}");
        let is_key = arguments == rotate;
        assert!(is_key || message.starts_with("ringbook: cannot write the output: "), "{message}");
        assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
    }
}

/// A key that could not be printed was made for nothing: that it was is told, and how to have
/// another one, even where the reader has only gone away.
#[test]
fn reports_a_key_that_could_not_be_printed() {
    let home = home();
    for (arguments, instead) in [
        (&["account", "create", "other"][..], "`ringbook account key rotate --account other`"),
        (
            &["account", "key", "create", "--account", "acme", "Board", "--scope", "read"],
            " --overlap-s 0`",
        ),
        (
            &["account", "key", "rotate", "--account", "acme"],
            "`ringbook account key rotate --account acme k0 ",
        ),
        (&["operator", "create-key", "setup"], "`ringbook operator delete-key \"setup\"`"),
    ] {
        let output = home.command().args(arguments).stdout(nobody()).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        for words in [" was made but could not be shown: ", instead, "another one"] {
            assert!(message.contains(words), "{message} lacks {words}");
        }
    }
    assert!(home.ok(&["account", "list"]).contains("other"));
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
        (&["sync"], "a row that fits none creates a phone"),
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
