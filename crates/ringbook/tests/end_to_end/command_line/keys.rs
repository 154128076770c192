//! `ringbook account key …` and `ringbook operator …`

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
    let create = ["account", "key", "create", "acme", "Import", "--scope", "full"];
    let made = json(&home.ok(&[&create[..], &["--format", "json"]].concat()));
    let key = home.keep_secret(made["key"].as_str().unwrap());
    let mut caller = server.caller("acme", &key);
    assert_eq!(caller.create("+911", "Ravi", "").unwrap().body, DONE);

    let listed = json(&home.ok(&["account", "key", "list", "acme", "--format", "json"]));
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|key| &key["name"]).collect();
    assert_eq!(names, ["main", "Import"]);
    assert_eq!((&listed[1]["id"], &listed[1]["scope"]), (&made["id"], &"full".into()));
    assert_eq!(listed[1]["expiresAt"], Value::Null);
    let table = home.ok(&["account", "key", "list", "acme"]);
    assert!(table.lines().nth(2).unwrap().contains("Import"), "{table}");

    let id = made["id"].to_string();
    home.ok(&["account", "key", "delete", "acme", &id]);
    until("the key is not valid", || caller.create("+912", "Mira", "").unwrap().body == NOT_VALID);
    let gone = home.refused(&["account", "key", "delete", "acme", &id]);
    assert_eq!(gone, format!("no API key with the id {id} in this account"));
}

#[test]
fn rotates_a_key_with_and_without_overlap() {
    let home = Home::new();
    let old = home.account("acme", &[]);
    let server = home.serve(&[]);
    let new = home.ok(&["account", "key", "rotate", "acme", "0"]);
    let new = home.keep_secret(new.trim());
    assert_eq!(server.caller("acme", &old).create("+911", "Ravi", "").unwrap().body, DONE);
    let newest = home.ok(&["account", "key", "rotate", "acme", "0", "--overlap-s", "0"]);
    let newest = home.keep_secret(newest.trim());
    assert_eq!(server.caller("acme", &newest).create("+912", "Mira", "").unwrap().body, DONE);
    let mut caller = server.caller("acme", &new);
    until("the key is not valid", || caller.delete("+913", "Asha").unwrap().body == NOT_VALID);
    let wrong = home.run(&["account", "key", "rotate", "acme", "0", "--overlap-s", "2592001"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
}

#[test]
fn creates_and_deletes_named_operator_keys() {
    let home = Home::new();
    let made = json(&home.ok(&[
        "operator",
        "create-key",
        "setup",
        "--expires-in-days",
        "30",
        "--format",
        "json",
    ]));
    let key = home.keep_secret(made["key"].as_str().unwrap());
    assert!(key.starts_with("RBO") && made["expiresAt"].is_string(), "{made}");
    let again = home.refused(&["operator", "create-key", "setup"]);
    assert!(again.starts_with("there is an operator's key \"setup\" already"), "{again}");
    let listed = json(&home.ok(&["operator", "list-keys", "--format", "json"]));
    assert_eq!(
        (&listed[0]["name"], &listed[0]["expiresAt"]),
        (&"setup".into(), &made["expiresAt"])
    );
    for format in ["table", "csv"] {
        assert!(home.ok(&["operator", "list-keys", "--format", format]).contains("setup"));
    }
    home.ok(&["operator", "delete-key", "setup"]);
    let gone = home.refused(&["operator", "delete-key", "setup"]);
    assert!(gone.starts_with("there is no operator's key \"setup\""), "{gone}");
    for name in ["", " a"] {
        assert_eq!(home.run(&["operator", "create-key", name]).status.code(), Some(2));
    }
}
