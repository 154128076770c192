//! Keys that the command line makes, beside a server that is called with them.

use serde_json::Value;

use test_support::{DONE, Home, NOT_VALID, until};

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_running_server_accepts_a_new_key_until_it_is_deleted() {
    let home = Home::new();
    home.account("acme", &[]);
    let server = home.serve(&[]);
    let create = ["account", "key", "create", "Import", "--scope", "full"];
    let made = json(&home.ok(&[&create[..], &["--format", "json"]].concat()));
    let key = home.keep_secret(made["key"].as_str().unwrap());
    let mut caller = server.caller("acme", &key);
    assert_eq!(caller.create("+911", "Ravi", "").unwrap().body, DONE);

    let listed = json(&home.ok(&["account", "key", "list", "--format", "json"]));
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|key| &key["name"]).collect();
    assert_eq!(names, ["main", "Import"]);
    assert_eq!((&listed[1]["id"], &listed[1]["scope"]), (&made["id"], &"full".into()));
    assert_eq!(listed[1]["expires_at"], Value::Null);
    let table = home.ok(&["account", "key", "list"]);
    assert!(table.lines().nth(2).unwrap().contains("Import"), "{table}");

    let id = made["id"].as_str().unwrap().to_owned();
    home.ok(&["account", "key", "delete", &id, "--yes"]);
    until("the key is not valid", || caller.create("+912", "Mira", "").unwrap().body == NOT_VALID);
    let gone = home.refused(&["account", "key", "delete", &id, "--yes"]);
    assert_eq!(gone, format!("no API key with the id {id} in this account"));
}

#[test]
fn rotates_a_key_with_and_without_overlap() {
    let home = Home::new();
    let old = home.account("acme", &[]);
    let server = home.serve(&[]);
    let new = home.ok(&["account", "key", "rotate"]);
    let new = home.keep_secret(new.trim());
    assert_eq!(server.caller("acme", &old).create("+911", "Ravi", "").unwrap().body, DONE);
    let newest = home.ok(&["account", "key", "rotate", "--overlap-s", "0", "--yes"]);
    let newest = home.keep_secret(newest.trim());
    assert_eq!(server.caller("acme", &newest).create("+912", "Mira", "").unwrap().body, DONE);
    let mut caller = server.caller("acme", &new);
    until("the key is not valid", || caller.delete("+913", "Asha").unwrap().body == NOT_VALID);
}

#[test]
fn accepts_a_given_key() {
    let home = Home::new();
    let key = home.keep_secret("brought-from-elsewhere");
    let mut command = home.command();
    command.args(["account", "create", "acme", "--api-key", &key]);
    assert_eq!(command.output().unwrap().stdout, format!("{key}\n").as_bytes());
    // From standard input no other user of the machine sees it.
    let piped = home.keep_secret("piped:!~in?KEY");
    std::fs::write(home.path("key"), format!("{piped}\r\n")).unwrap();
    let mut command = home.command();
    command.args(["account", "edit", "acme", "--api-key", "-", "--yes"]);
    command.stdin(std::fs::File::open(home.path("key")).unwrap());
    assert_eq!(command.output().unwrap().stdout, format!("{piped}\n").as_bytes());
    std::fs::remove_file(home.path("key")).unwrap();
    let server = home.serve(&[]);
    assert_eq!(server.caller("acme", &piped).create("911", "Ravi", "").unwrap().body, DONE);
    assert_eq!(server.caller("acme", &key).create("912", "Mira", "").unwrap().body, NOT_VALID);
}
