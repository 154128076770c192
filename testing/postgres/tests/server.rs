//! Servers: what they hold, and how they end.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use postgres::{Client, NoTls};
use test_postgres::{Server, Settings, until};

fn connect(url: &str) -> Client {
    Client::connect(url, NoTls).unwrap()
}

/// The SQLSTATE with which a connection is refused.
fn refusal(url: &str) -> String {
    let refused = Client::connect(url, NoTls).err().expect("the connection is refused");
    let code = refused.code().map(|state| state.code().to_owned());
    code.unwrap_or_else(|| refused.to_string())
}

#[test]
fn a_server_answers() {
    let begun = Instant::now();
    let server = Server::start(&Settings::new().line("max_connections = 17"));
    println!("start: {:?}", begun.elapsed());
    assert_eq!(
        server.query("SELECT 1, NULL, 'a' UNION SELECT 2, 'b', 'c' ORDER BY 1"),
        ["1 | NULL | a", "2 | b | c"]
    );
    assert_eq!(server.query("SHOW max_connections"), ["17"]);
    assert_eq!(server.query("SHOW fsync"), ["off"]);
    let error = server.try_query("SELECT 1 / 0").unwrap_err();
    assert_eq!(error, "22012: division by zero");

    let mut client = connect(&server.url());
    let role = client.query_one("SELECT rolsuper FROM pg_roles WHERE rolname = user", &[]).unwrap();
    assert!(!role.get::<_, bool>(0));
    client.batch_execute("CREATE TABLE phone (number text)").unwrap();
    assert_eq!(server.backends(), 1);

    // Nobody else can become the superuser.
    let permissions = server.directory().metadata().unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o700);
    let superuser = server.url().replace("//ringbook@", "//postgres@");
    assert_eq!(refusal(&superuser), "28000");
}

#[test]
fn a_commit_survives() {
    let mut server = Server::start(&Settings::new().durable());
    assert_eq!(server.query("SHOW fsync"), ["on"]);
    let mut client = connect(&server.url());
    client.batch_execute("CREATE TABLE phone (number text)").unwrap();
    client.batch_execute("INSERT INTO phone VALUES ('committed')").unwrap();
    client.batch_execute("BEGIN; INSERT INTO phone VALUES ('not committed')").unwrap();
    let port = server.port();

    server.kill();
    assert!(!server.is_running());
    assert!(client.batch_execute("COMMIT").is_err());
    assert!(server.try_query("SELECT 1").is_err());
    let begun = Instant::now();
    server.restart();
    println!("restart: {:?}", begun.elapsed());
    assert_eq!(server.port(), port);
    assert_eq!(server.query("SELECT * FROM phone"), ["committed"]);
    assert!(server.log().contains("database system was not properly shut down"));

    server.stop();
    assert!(!server.is_running());
    server.restart();
    assert_eq!(server.query("SELECT * FROM phone"), ["committed"]);
}

#[test]
fn a_dropped_server_leaves_nothing() {
    let server = Server::start(&Settings::new());
    let directory = server.directory().to_owned();
    assert!(directory.exists());
    drop(server);
    assert_gone(&directory);
}

#[test]
fn a_server_ends_with_the_process_that_started_it() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_test-postgres"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (url, directory) = (lines.next().unwrap(), lines.next().unwrap());
    let mut client = connect(&url);
    client.batch_execute("SELECT 1").unwrap();
    let directory = Path::new(&directory);
    assert!(directory.exists());

    process.kill().unwrap();
    process.wait().unwrap();
    until("the directory is gone", || !directory.exists());
    assert_gone(directory);
    assert!(client.batch_execute("SELECT 1").is_err());
}

/// The directory is not there, and nothing runs that was told of it.
fn assert_gone(directory: &Path) {
    assert!(!directory.exists());
    let directory = directory.to_str().unwrap();
    // The guard, who removes the directory, is the last.
    until("all processes of the server are gone", || {
        let output = Command::new("ps").args(["-A", "-ww", "-o", "args="]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        !String::from_utf8_lossy(&output.stdout).contains(directory)
    });
}
