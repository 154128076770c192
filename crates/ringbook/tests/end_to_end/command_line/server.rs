//! Commands to a server that cannot be trusted to be there, and what becomes of the key.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;
use test_support::{Certificate, CertificateFiles, Home, until};

const ROWS: usize = 12_000;

/// A key, in a file that is not with the store.
struct KeyFile {
    key: String,
    directory: TempDir,
}

impl KeyFile {
    fn of(home: &Home, user_name: &str) -> Self {
        let key = home.account(user_name, &["--phone-number-limit", "100000"]);
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("key"), format!("{key}\n")).unwrap();
        Self { key, directory }
    }

    /// The program, about to ask a server.
    fn command(&self, home: &Home, url: &str) -> Command {
        let mut command = home.command();
        command.args(["--server", url, "--key-file"]).arg(self.directory.path().join("key"));
        command.env("RINGBOOK_ACCOUNT", "acme");
        command
    }
}

/// Ends a command and returns what it has told.
fn told(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// What was done when the server died stays, and the rest is done with the key that was told; nothing
/// twice. Meanwhile the API key is no argument, which other users of the machine see.
#[test]
fn goes_on_with_an_import_whose_server_has_died() {
    let home = Home::new();
    let key = KeyFile::of(&home, "acme");
    let mut server = home.serve(&[]);
    let url = format!("http://{}", server.address);
    let rows = (0..ROWS).map(|row| format!("91{row:08},Agent-{row}\n"));
    let file: String = std::iter::once("number,name\n".to_owned()).chain(rows).collect();
    std::fs::write(home.path("many.csv"), &file).unwrap();

    let mut command = key.command(&home, &url);
    command.args(["phone", "import", "--keep-going", "-"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&file.as_bytes()[..file.len() - 10]).unwrap();
    let count = || home.query("SELECT count(*) FROM phone")[0].parse::<usize>().unwrap();
    until("parts are committed", || count() > 0);
    let arguments = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    assert!(!String::from_utf8(arguments).unwrap().contains(&key.key));
    server.kill();
    drop(input);
    let (code, message) = told(child);
    assert_eq!(code, Some(1), "{message}");
    let (why, how) = message.split_once("; the same command with --resume ").expect(&message);
    assert!(why.starts_with(&format!("ringbook: {url} did not answer: ")), "{message}");
    let (resume, _) = how.split_once(" goes on: ").expect(&message);

    let _server = home.serve(&["--listen", &server.address.to_string()]);
    let mut command = key.command(&home, &url);
    command.args(["phone", "import", "--keep-going", "many.csv", "--resume", resume]);
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let undo = "; `ringbook undo --account acme i2` takes them back\n";
    assert_eq!(printed, format!("12,000 rows imported{undo}"), "{output:?}");
    assert_eq!(count(), ROWS);
    home.check();
}

/// The URL of a server that answers one request with this.
fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let _ = client.read(&mut [0; 4096]).unwrap();
        client.write_all(answer.as_bytes()).unwrap();
    });
    url
}

#[test]
fn lists_of_a_server_do_not_control_the_terminal() {
    let home = Home::new();
    let key = KeyFile::of(&home, "acme");
    let url = answering(concat!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n",
        r#"{"items": [{"id": "p1", "number": "911", "name": "\u001b[2J", "skills": ["a\u202eb"]}]}"#
    ));
    let output = key.command(&home, &url).args(["phone", "list"]).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains(r"\u{1b}[2J") && table.contains(r"a\u{202e}b"), "{table}");
}

/// A server could refer to another one that gets the key.
#[test]
fn follows_no_redirection() {
    let home = Home::new();
    let key = KeyFile::of(&home, "acme");
    let url = answering(
        "HTTP/1.1 301 Moved\r\nLocation: http://evil.example\r\nContent-Length: 0\r\n\r\n",
    );
    let output = key.command(&home, &url).args(["phone", "list"]).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    let why = "refers to http://evil.example, which is not followed: name that with --server";
    assert_eq!(message, format!("ringbook: {url} {why}\n"));
}

/// The system's certificates decide whom to trust.
#[test]
fn asks_over_tls_only_a_server_whose_certificate_is_trusted() {
    let home = Home::new();
    let key = KeyFile::of(&home, "acme");
    let files = CertificateFiles::new(&Certificate::new());
    let options = files.options();
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let server = home.serve(&options);
    let url = format!("https://{}", server.address);
    let list = |trusted: &Path| {
        let mut command = key.command(&home, &url);
        command.args(["phone", "list", "--format", "json"]).env("SSL_CERT_FILE", trusted);
        let output = command.output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert_eq!(list(&files.certificate()), "[]\n");
    let other = CertificateFiles::new(&Certificate::new());
    let message = list(&other.certificate());
    let why = format!("ringbook: cannot reach {url}: invalid peer certificate: ");
    assert!(message.starts_with(&why), "{message}");
}
