//! `ringbook serve --demo`: the first minute with the program.

use std::process::Command;

use test_support::{DONE, Home, Row};

/// The lines from `curl` to the one that closes the quotes.
fn printed_call(message: &str) -> String {
    let begin = message.find("curl ").expect("a call is printed");
    let end = message[begin..].find("}'").expect("the call has an end");
    message[begin..begin + end + 2].to_owned()
}

fn printed_key(message: &str) -> String {
    let begin = message.find("KK").expect("a key is printed");
    message[begin..begin + 34].to_owned()
}

#[test]
fn prints_a_call_that_works() {
    let home = Home::new();
    let mut server = home.serve(&["--demo"]);
    let key = home.keep_secret(&printed_key(&server.printed));
    assert!(key[2..].bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{key}");

    let output = Command::new("sh").arg("-c").arg(printed_call(&server.printed)).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), DONE);
    let skills = ["General", "Python", "QA_Skill", "kolm", "lok"].map(str::to_owned).to_vec();
    let ravi = Row { number: "919876543211".into(), name: "Ravi.K".into(), skills };
    assert_eq!(home.phones("demo"), [ravi]);
    // What was assigned already keeps its place, and the others come after it.
    let sql = "SELECT group_concat(skill || ':' || position, ' ') FROM assignment";
    assert_eq!(home.query(sql), ["General:1 Python:1 QA_Skill:1 kolm:1 lok:1"]);
    server.stop();
    home.check();
}

#[test]
fn keeps_a_store_that_has_accounts() {
    let home = Home::new();
    let first = home.serve(&["--demo"]);
    home.keep_secret(&printed_key(&first.printed));
    drop(first);
    let second = home.serve(&["--demo"]);
    assert_eq!(second.printed, "");
    assert!(second.log().contains("the store has accounts already"), "{}", second.log());
    assert_eq!(home.phones("demo").len(), 1);
}

#[test]
fn keeps_nothing_of_a_demo_in_memory() {
    let home = Home::new();
    let server = home.serve(&["--demo", "--store", "memory:"]);
    let key = home.keep_secret(&printed_key(&server.printed));
    let mut caller = server.caller("demo", &key);
    assert_eq!(caller.name_of("919876543210").as_deref(), Some("Ravi"));
    drop(server);
    assert!(!home.store().exists());
}
