//! Servers: what they hold, and how they end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

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
fn the_shared_server_has_a_schema_for_everybody() {
    let server = Server::shared();
    assert!(std::ptr::eq(server, Server::shared()));
    let begun = Instant::now();
    let urls = [server.new_schema(), server.new_schema()];
    println!("new_schema: {:?}", begun.elapsed() / 2);
    for url in &urls {
        // The second time, it would be there if it were in the same schema.
        connect(url).batch_execute("CREATE TABLE phone (number text)").unwrap();
    }
    assert_eq!(server.query("SHOW max_connections"), ["400"]);
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
fn a_standby_has_what_was_committed() {
    let mut primary = Server::start(&Settings::new());
    let begun = Instant::now();
    let mut standby = primary.standby();
    println!("standby: {:?}", begun.elapsed());
    primary.require_standby(&standby);
    connect(&primary.url()).batch_execute("CREATE TABLE phone (number text)").unwrap();
    let error = standby.try_query("CREATE TABLE skill (name text)").unwrap_err();
    assert_eq!(error, "25006: cannot execute CREATE TABLE in a read-only transaction");

    // With the standby frozen, no commit is answered.
    standby.freeze();
    let (url, (sender, answers)) = (primary.url(), channel());
    thread::spawn(move || {
        sender.send(connect(&url).batch_execute("INSERT INTO phone VALUES ('1')")).unwrap();
    });
    let answer = answers.recv_timeout(Duration::from_millis(200));
    assert_eq!(answer.map(|_| "an answer"), Err(RecvTimeoutError::Timeout));
    standby.thaw();
    answers.recv().unwrap().unwrap();

    primary.kill();
    let begun = Instant::now();
    standby.promote();
    println!("promote: {:?}", begun.elapsed());
    assert_eq!(standby.query("SELECT * FROM phone"), ["1"]);
    connect(&standby.url()).batch_execute("INSERT INTO phone VALUES ('2')").unwrap();
    assert_eq!(standby.query("SELECT count(*) FROM phone"), ["2"]);

    // It can be a primary as any other, and what was its primary comes back as it was.
    let second = standby.standby();
    standby.require_standby(&second);
    primary.restart();
    assert_eq!(primary.query("SELECT * FROM phone"), ["1"]);
}

#[test]
fn a_frozen_server_goes_on_later() {
    let server = Server::start(&Settings::new());
    let mut client = connect(&server.url());
    client.batch_execute("SELECT 1").unwrap();
    server.freeze();
    let (sender, answers) = channel();
    thread::spawn(move || sender.send(client.batch_execute("SELECT 1")).unwrap());
    let answer = answers.recv_timeout(Duration::from_millis(200));
    assert_eq!(answer.map(|_| "an answer"), Err(RecvTimeoutError::Timeout));
    server.thaw();
    answers.recv().unwrap().unwrap();
    // What is frozen can be ended.
    server.freeze();
    drop(server);
}

#[test]
fn a_password_is_asked_for() {
    let server = Server::start(&Settings::new().password("it's secret"));
    let with = |password| server.url().replace('@', &format!(":{password}@"));
    connect(&with("it%27s%20secret")).batch_execute("SELECT 1").unwrap();
    assert_eq!(refusal(&with("wrong")), "28P01");
    assert_eq!(refusal(&server.url()), "invalid configuration");
    let stored = "SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = 'ringbook'";
    assert_eq!(server.query(stored), ["SCRAM-SHA-256"]);
}

#[test]
fn tls_is_spoken_where_it_is_set_up() {
    for (settings, answer) in [(Settings::new().tls(), b"S"), (Settings::new(), b"N")] {
        let server = Server::start(&settings);
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        // The message by which a client asks whether it may begin with TLS.
        stream.write_all(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]).unwrap();
        let mut answered = [0];
        stream.read_exact(&mut answered).unwrap();
        assert_eq!(&answered, answer);
        if answer == b"S" {
            let authority = std::fs::read_to_string(server.ca_file()).unwrap();
            assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"), "{authority}");
        }
    }
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
