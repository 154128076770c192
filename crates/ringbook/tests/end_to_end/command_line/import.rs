//! `ringbook phone import`

use std::fs::File;

use test_support::{Home, Row, until};

fn home() -> Home {
    let home = Home::new();
    home.account("acme", &["--phone-number-limit", "100000"]);
    home.skills("acme", &["General", "QA"]);
    home
}

fn import<'a>(home: &Home, content: &str, flags: &[&'a str]) -> Vec<&'a str> {
    std::fs::write(home.path("phones.csv"), content).unwrap();
    [&["phone", "import", "--account", "acme", "phones.csv"], flags].concat()
}

fn row(number: &str, name: &str, skills: &[&str]) -> Row {
    let skills = skills.iter().map(ToString::to_string).collect();
    Row { phone_number: number.into(), phone_name: name.into(), skills }
}

#[test]
fn imports_good_rows_as_one_request() {
    let home = home();
    let content = "phoneNumber,phoneName,skills\n+911,Ravi,\"QA,General\"\n912,Mira,\n913,Noor\n";
    assert_eq!(home.ok(&import(&home, content, &["--dry-run"])), "3 rows can be imported\n");
    assert_eq!(home.phones("acme"), []);
    assert_eq!(home.ok(&import(&home, content, &[])), "3 rows imported\n");
    let expected =
        [row("+911", "Ravi", &["General", "QA"]), row("912", "Mira", &[]), row("913", "Noor", &[])];
    assert_eq!(home.phones("acme"), expected);
    // All of it is one request of the history.
    let requests =
        "SELECT CAST(count(DISTINCT request_id) AS TEXT) FROM change WHERE kind = 'create'";
    assert_eq!(home.query(requests), ["1"]);
    assert_eq!(home.ok(&import(&home, "phoneNumber,phoneName\n", &[])), "0 rows imported\n");
}

#[test]
fn imports_json_lines() {
    let home = home();
    let content = "{\"number\":\"911\",\"name\":\"Ravi\",\"skills\":[\"QA\"]}\n";
    std::fs::write(home.path("phones.jsonl"), content).unwrap();
    let arguments = ["phone", "import", "--account", "acme", "phones.jsonl"];
    assert_eq!(home.ok(&arguments), "1 rows imported\n");
    assert_eq!(home.phones("acme"), [row("911", "Ravi", &["QA"])]);
}

const BAD: &str = "phoneNumber,phoneName,skills\n\
                   911,Ravi,QA\n\
                   91x,Mira,\n\
                   912,M,\n\
                   911,Noor,\n\
                   913,RAVI,\n\
                   914,Omar,\"QA,Bogus\"\n\
                   ,Pia,\n\
                   915,,\n\
                   916,Quim,General\n";

const TOLD: [&str; 7] = [
    "line 3: phoneNumber \"91x\": not numeric",
    "line 4: phoneName \"M\": has 1 character, allowed are 2 to 50",
    "line 5: 911 belongs to \"Ravi\"",
    "line 6: \"Ravi\" belongs to 911",
    "line 7: no skill \"Bogus\" in this account",
    "line 8: phoneNumber \"\": empty",
    "line 9: phoneName \"\": empty",
];

#[test]
fn one_bad_row_rejects_the_file_and_all_are_reported() {
    let home = home();
    for flags in [&[][..], &["--dry-run"]] {
        let ran = home.run(&import(&home, BAD, flags));
        assert_eq!(ran.status.code(), Some(1), "{ran:?}");
        assert_eq!(ran.stdout, "");
        let lines: Vec<_> = ran.stderr.lines().collect();
        assert_eq!(lines[..7], TOLD);
        let words = "ringbook: 7 of 9 rows refused, nothing was imported: mend the rows above, or \
                     save the others with --keep-going";
        assert_eq!(lines[7..], [words]);
        assert_eq!(home.phones("acme"), []);
    }
}

#[test]
fn keep_going_saves_the_good_rows() {
    let home = home();
    let ran = home.run(&import(&home, BAD, &["--keep-going"]));
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    let lines: Vec<_> = ran.stderr.lines().collect();
    assert_eq!(lines[..7], TOLD);
    assert_eq!(lines[7..], ["ringbook: 2 of 9 rows imported, 7 refused"]);
    let expected = [row("911", "Ravi", &["QA"]), row("916", "Quim", &["General"])];
    assert_eq!(home.phones("acme"), expected);
    let ran = home.run(&import(&home, BAD, &["--keep-going", "--dry-run"]));
    assert_eq!(ran.status.code(), Some(2), "both at once make no sense: {ran:?}");
}

#[test]
fn rejects_an_import_over_the_limit() {
    let home = home();
    home.ok(&["account", "edit", "acme", "--phone-number-limit", "1"]);
    let content = "phoneNumber,phoneName\n911,Ravi\n912,Mira\n";
    let ran = home.run(&import(&home, content, &[]));
    assert!(ran.stderr.starts_with("line 3: holds 1 of at most 1 phone numbers\n"), "{ran:?}");
    assert_eq!(home.phones("acme"), []);
}

#[test]
fn rejects_unreadable_files() {
    let home = home();
    for (content, words) in [
        ("", "the first line must be the header number,name,skills or "),
        ("911,Ravi\n", "the first line must be the header number,name,skills or "),
        ("phoneNumber,skills\n911,QA\n", "the first line must be the header"),
        ("phoneNumber,number,phoneName\n", "the header has the column \"number\" twice"),
    ] {
        let told = home.refused(&import(&home, content, &[]));
        assert!(told.starts_with(words), "{content:?}: {told}");
    }
    let latin1 = [b"phoneNumber,phoneName\n911,Ravi\n912,Ren".as_slice(), b"\xe9e\n"].concat();
    std::fs::write(home.path("latin1.csv"), latin1).unwrap();
    std::fs::write(home.path("utf16.csv"), b"\xff\xfep\0h\0o\0").unwrap();
    for file in ["latin1.csv", "utf16.csv", "absent.csv", "."] {
        let told = home.refused(&["phone", "import", "--account", "acme", file]);
        assert!(told.starts_with(&format!("cannot read {file}: ")), "{told}");
    }
    assert_eq!(home.phones("acme"), []);
}

#[test]
fn imports_from_standard_input() {
    let home = home();
    std::fs::write(home.path("rows"), "phoneNumber,phoneName\n911,Ravi\n").unwrap();
    let mut command = home.command();
    command.args(["phone", "import", "--account", "acme", "-"]);
    let output = command.stdin(File::open(home.path("rows")).unwrap()).output().unwrap();
    assert_eq!(output.stdout, b"1 rows imported\n");
    assert_eq!(home.phones("acme"), [row("911", "Ravi", &[])]);
}

/// An import that is killed has saved all of its rows or none, wherever the kill hits: before it
/// writes, while it writes, or after.
#[test]
fn a_killed_import_is_there_as_a_whole_or_not_at_all() {
    const ROWS: usize = 20_000;
    let home = home();
    home.write_csv("many.csv", (0..ROWS).map(|n| format!("+91{n:08},Agent-{n},\"General,QA\"")));
    let arguments = ["phone", "import", "--account", "acme", "many.csv"];
    let empty = std::fs::read(home.store()).unwrap();
    let log = home.path("ringbook.db-wal");
    let log_bytes = || std::fs::metadata(&log).map_or(0, |metadata| metadata.len());

    // How much it writes when it is left alone, as a measure of where to hit it.
    let mut reader = rusqlite::Connection::open(home.store()).unwrap();
    let held = reader.transaction().unwrap();
    held.query_row("SELECT count(*) FROM phone", [], |_| Ok(())).unwrap();
    home.ok(&arguments);
    let whole = log_bytes();
    drop(held);
    drop(reader);
    assert_eq!(home.phones("acme").len(), ROWS);

    let mut counts = Vec::new();
    for part in [0, 1, 10, 30, 50, 70, 90, 99, 100] {
        for leftover in [&log, &home.path("ringbook.db-shm")] {
            // There is one only if the process before was killed.
            let _ = std::fs::remove_file(leftover);
        }
        std::fs::write(home.store(), &empty).unwrap();
        let mut child = home.command().args(arguments).spawn().unwrap();
        until("the import writes", || {
            let is_over = child.try_wait().unwrap().is_some();
            is_over || log_bytes() * 100 >= whole * part
        });
        child.kill().unwrap();
        child.wait().unwrap();
        home.check();
        counts.push(home.phones("acme").len());
    }
    println!("{counts:?}");
    assert!(counts.iter().all(|count| [0, ROWS].contains(count)), "{counts:?}");
    assert!(counts.contains(&0), "one was hit before its end: {counts:?}");
}
