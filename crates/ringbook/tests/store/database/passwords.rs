//! Sources of passwords. None is ever shown.

use std::path::Path;
use std::process::Command;

use test_postgres::{Server, Settings};

use super::open;
use crate::book::Book;

const PASSWORD: &str = "s3cret:pa\\ss";

/// The same as it is written in a URL.
const PASSWORD_IN_URL: &str = "s3cret%3Apa%5Css";

/// The URL of a server with a password, with something after the name of the user.
fn url(server: &Server, after_user: &str) -> String {
    server.url().replace("ringbook@", &format!("ringbook{after_user}@"))
}

/// A password file with a line for the server. Those before it do not match, and the one after it comes
/// too late.
fn write_passfile(file: &Path, server: &Server) {
    let port = server.port();
    let lines = format!(
        "#*:*:*:*:no\nother:*:*:*:no\n127.0.0.1:{port}:*:else:no\n*:*:*\n\
         127.0.0.1:{port}:*:ringbook:s3cret\\:pa\\\\ss\n*:*:*:*:later\n"
    );
    std::fs::write(file, lines).unwrap();
}

#[test]
fn finds_the_password_and_never_shows_it() {
    let server = Server::start(&Settings::new().password(PASSWORD));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("passwords");
    write_passfile(&file, &server);

    let in_url = open(&url(&server, &format!(":{PASSWORD_IN_URL}"))).unwrap();
    Book::new(&in_url, "acme").assert_stored();
    open(&format!("{}?passfile={}", server.url(), file.display())).unwrap();

    // The user who runs the tests may have a password file.
    let nowhere = format!("?passfile={}", directory.path().join("nowhere").display());
    for (after_user, rest) in [(":wr0ng", ""), ("", nowhere.as_str())] {
        let url = url(&server, after_user) + rest;
        let location: ringbook::store::Location = url.parse().unwrap();
        let error = open(&url).map(drop).unwrap_err().to_string();
        assert!(error.contains("password"), "{error}");
        for shown in [error, location.to_string(), format!("{location:?}")] {
            assert!(!shown.contains("wr0ng") && !shown.contains("s3cret"), "{shown}");
        }
    }
    let checks = |name: &str, value: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringbook"));
        command.env_remove("PGPASSWORD").env_remove("PGPASSFILE").env(name, value);
        command.args(["--store", &server.url(), "check"]).output().unwrap()
    };
    for (name, value) in [("PGPASSWORD", PASSWORD), ("PGPASSFILE", file.to_str().unwrap())] {
        let output = checks(name, value);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {stderr}");
        assert_eq!(output.stdout, b"ok: 1 account, 0 phones\n");
    }
    let output = checks("PGPASSWORD", "wr0ng");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && !stderr.contains("wr0ng"), "{stderr}");
}
