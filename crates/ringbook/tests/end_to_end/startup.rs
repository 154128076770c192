//! A server that cannot start says why, in one sentence, and ends.

use std::fs::Permissions;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::Value;

use test_support::{Client, Home, wait_for_text};

#[test]
fn reports_a_port_in_use() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let another_machine = "192.0.2.1:80".to_owned();
    for (address, cause) in [(taken, "another process listens there"), (another_machine, "")] {
        let ran = home.run(&["serve", "--listen", &address]);
        assert_eq!(ran.status.code(), Some(1), "{ran:?}");
        assert_eq!((ran.stdout.as_str(), ran.stderr.lines().count()), ("", 1), "{ran:?}");
        for words in [&format!("ringbook: cannot listen on {address}"), cause, "--listen"] {
            assert!(ran.stderr.contains(words), "{ran:?} lacks {words:?}");
        }
        assert!(!home.store().exists(), "what cannot be served is not made");
    }
}

#[test]
fn warns_of_listening_beyond_this_machine_without_tls() {
    let home = Home::new();
    let server = home.serve(&["--listen", "0.0.0.0:0"]);
    wait_for_text(&server.log_file, "without TLS");
    let server = home.serve(&[]);
    assert_eq!(server.client().get("/readyz").unwrap().body, "ready\n");
    assert!(!server.log().contains("without TLS"), "{}", server.log());
}

/// It serves others than whoever has started it, who may go away.
#[test]
fn serves_with_a_closed_output() {
    let home = Home::new();
    let log_file = home.log_file();
    let mut command = home.command();
    command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]);
    command.args(["--metrics-listen", "127.0.0.1:0"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let log = std::fs::File::create(&log_file).unwrap();
    let mut child = command.stdin(Stdio::null()).stdout(writer).stderr(log).spawn().unwrap();
    wait_for_text(&log_file, "\"listening\"");
    let log = std::fs::read_to_string(&log_file).unwrap();
    let line = log.lines().find(|line| line.contains("\"listening\"")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    let address: SocketAddr = line["address"].as_str().unwrap().parse().unwrap();
    assert_eq!(Client::connect(address).unwrap().get("/readyz").unwrap().body, "ready\n");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Which program, where, over what.
#[test]
fn logs_what_it_listens_on() {
    let home = Home::new();
    let server = home.serve(&["--log-format", "json"]);
    wait_for_text(&server.log_file, "\"listening\"");
    let log = server.log();
    let line = log.lines().find(|line| line.contains("\"listening\"")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(line["address"], server.address.to_string());
    assert!(line["store"].as_str().unwrap().ends_with("ringbook.db"), "{line}");
    assert_eq!((&line["tls"], &line["level"]), (&false.into(), &"INFO".into()));
}

/// Numbers of people are in them.
#[test]
fn creates_files_for_their_owner_alone() {
    let home = Home::new();
    home.account("acme", &[]);
    let server = home.serve(&[]);
    assert_eq!(server.client().get("/readyz").unwrap().status, 200);
    home.ok(&["backup", "copy.db"]);
    home.ok(&["copy", "--from", "sqlite:copy.db", "--to", "sqlite:second.db"]);
    home.ok(&["phone", "export", "--account", "acme", "phones.csv"]);
    let mode = |name: &str| home.path(name).metadata().unwrap().permissions().mode() & 0o777;
    for name in
        ["ringbook.db", "ringbook.db-wal", "ringbook.db-shm", "copy.db", "second.db", "phones.csv"]
    {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    drop(server);
    // Who has given others a right means it.
    for name in ["ringbook.db", "phones.csv"] {
        std::fs::set_permissions(home.path(name), Permissions::from_mode(0o640)).unwrap();
    }
    home.ok(&["phone", "export", "--account", "acme", "phones.csv"]);
    home.ok(&["check"]);
    assert_eq!([mode("ringbook.db"), mode("phones.csv")], [0o640; 2]);
}

/// Where there is nothing to read anew, the signal that asks for it ends nothing.
#[test]
fn ignores_sighup_without_tls() {
    let home = Home::new();
    let server = home.serve(&[]);
    server.hang_up();
    wait_for_text(&server.log_file, "SIGHUP");
    assert_eq!(server.client().get("/readyz").unwrap().body, "ready\n");
}

#[test]
fn logs_no_request_if_the_filter_says_so() {
    let home = Home::new();
    let server = home.serve(&["--log", "request=off"]);
    wait_for_text(&server.log_file, "listening");
    assert_eq!(server.client().get("/readyz").unwrap().status, 200);
    assert!(!server.log().contains("/readyz"), "{}", server.log());
}
