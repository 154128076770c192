//! An import over HTTP whose server is killed.

use std::collections::HashSet;
use std::thread;

use serde_json::{Value, json};
use test_support::{Client, Home, Server, basic, request_text, until};

use crate::cluster::Cluster;

const PATH: &str = "/v1/imports?mode=keep_going";
const ROWS: usize = 50_000;

#[test]
fn resumes_where_a_killed_server_stopped_on_sqlite() {
    resume(&Home::new());
}

#[test]
fn resumes_where_a_killed_server_stopped_on_postgresql() {
    resume(&Cluster::shared().home);
}

/// However often the server is killed while it imports, and whenever: the same file sent again
/// with the same key is complete in the end, each row once.
fn resume(home: &Home) {
    let key = home.account("acme", &["--phone-number-limit", "1000000"]);
    let credentials = basic("acme", &key);
    let rows = (0..ROWS).map(|row| format!("91{row:08},Agent-{row}\n"));
    let file: String = std::iter::once("number,name\n".to_owned()).chain(rows).collect();
    let headers = [
        ("Authorization", credentials.as_str()),
        ("Content-Type", "text/csv"),
        ("Accept", "application/x-ndjson"),
        ("Idempotency-Key", "cut"),
    ];
    let mut server = home.serve(&[]);
    for kill_at in [1, 20_000] {
        // The last row is held back, so that the server cannot finish.
        let sent = request_text("POST", PATH, &headers, &file);
        let sent = sent[..sent.len() - 10].to_owned();
        let mut sender = server.client();
        let sending = thread::spawn(move || {
            // It breaks where the server is killed before it has read all.
            let _ = sender.send(&sent);
            sender
        });
        until("parts are committed", || phones(&server, &credentials) >= kill_at);
        server.kill();
        drop(sending.join());
        server = home.serve(&[]);
        let count = phones(&server, &credentials);
        assert!(count < ROWS && count.is_multiple_of(500), "{count}");
        assert_eq!(stands(&server, &credentials), json!(["running", count]));
    }
    let done = server.client().request("POST", PATH, &headers, &file).unwrap();
    let lines: Vec<Value> =
        done.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // It is one import, however often it broke off.
    let tally = json!({"rows": ROWS, "done": ROWS, "unchanged": 0, "refused": 0, "import": "i2"});
    assert_eq!(lines.last().unwrap(), &json!({"summary": tally}));
    let made: HashSet<_> = lines.iter().filter_map(|line| line["phone"].as_str()).collect();
    assert_eq!((made.len(), phones(&server, &credentials)), (ROWS, ROWS));
    assert_eq!(stands(&server, &credentials), json!(["done", ROWS]));
    home.check();
}

/// The state of the import, and how many rows were read.
fn stands(server: &Server, credentials: &str) -> Value {
    let mut client = Client::connect(server.address).unwrap();
    let import = client.request("GET", "/v1/imports/i2", &[("Authorization", credentials)], "");
    let import: Value = serde_json::from_str(&import.unwrap().body).unwrap();
    json!([import["state"], import["rows"]])
}

/// How many phones there are.
fn phones(server: &Server, credentials: &str) -> usize {
    let mut client = Client::connect(server.address).unwrap();
    let account = client.request("GET", "/v1/account", &[("Authorization", credentials)], "");
    let account: Value = serde_json::from_str(&account.unwrap().body).unwrap();
    usize::try_from(account["phones"].as_u64().unwrap()).unwrap()
}
