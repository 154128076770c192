//! Which host is connected to, and with what encryption.

use std::net::TcpListener;

use ringbook::store::StoreError;
use test_postgres::{Server, Settings};

use super::{open, open_with_a_phone};
use crate::test_store;

/// The same URL with another server named first.
fn with_first(url: &str, port: u16) -> String {
    url.replace("@127.0.0.1:", &format!("@127.0.0.1:{port},127.0.0.1:"))
}

#[test]
fn skips_a_host_that_refuses_or_hangs() {
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let refuses = TcpListener::bind("127.0.0.1:0").unwrap();
    let [hangs_at, refuses_at] =
        [&hangs, &refuses].map(|listener| listener.local_addr().unwrap().port());
    drop(refuses);
    for port in [hangs_at, refuses_at] {
        let test_store = test_store::postgres();
        let book = open_with_a_phone(&with_first(test_store.url(), port));
        book.assert_stored_in(&*test_store.open());
    }
}

#[test]
fn connects_only_to_a_writable_host() {
    let server = Server::start(&Settings::new());
    let standby = server.standby();
    open_with_a_phone(&with_first(&server.url(), standby.port())).assert_stored();

    let answer = open(&standby.url()).map(drop);
    assert!(matches!(answer, Err(StoreError::Away(_))), "{answer:?}");
}

/// Whether the connections of the store at a URL are encrypted.
fn is_encrypted(server: &Server, rest: &str) -> Result<bool, StoreError> {
    let name = format!("test-{}", ringbook::secret::random::<4>().map(|b| b.to_string()).join("-"));
    let url = format!("{}&application_name={name}", url(server, rest));
    let _store = open(&url)?;
    let sql = format!(
        "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE application_name = '{name}'"
    );
    let found = server.query(&sql);
    assert_eq!(found.len(), 1, "{found:?}");
    Ok(found == ["t"])
}

/// `HOST?MORE` in the place of 127.0.0.1, or `?MORE`.
fn url(server: &Server, rest: &str) -> String {
    let (host, more) = rest.split_once('?').unwrap();
    let host = if host.is_empty() { "127.0.0.1" } else { host };
    format!("postgres://ringbook@{host}:{}/ringbook?{more}", server.port())
}

#[test]
fn encrypts_as_sslmode_says() {
    let server = Server::start(&Settings::new().tls());
    let stranger = Server::start(&Settings::new().tls());
    let [ca, other_ca] = [&server, &stranger].map(|server| server.ca_file().display().to_string());
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty.pem").display().to_string();
    std::fs::write(&empty, "").unwrap();
    let elsewhere = "db.example?hostaddr=127.0.0.1";
    for (rest, expected) in [
        ("?sslmode=disable".to_owned(), Some(false)),
        ("?sslmode=prefer".to_owned(), Some(true)),
        ("?sslmode=require".to_owned(), Some(true)),
        (format!("?sslmode=verify-ca&sslrootcert={ca}"), Some(true)),
        (format!("?sslmode=verify-ca&sslrootcert={other_ca}"), None),
        ("?sslmode=verify-ca&sslrootcert=system".to_owned(), None),
        ("?sslmode=verify-ca".to_owned(), None),
        (format!("?sslmode=verify-full&sslrootcert={ca}"), Some(true)),
        (format!("localhost?sslmode=verify-full&sslrootcert={ca}"), Some(true)),
        (format!("?sslmode=verify-full&sslrootcert={other_ca}"), None),
        // A server with another name and a certificate of the same authority.
        (format!("{elsewhere}&sslmode=verify-ca&sslrootcert={ca}"), Some(true)),
        (format!("{elsewhere}&sslmode=verify-full&sslrootcert={ca}"), None),
        (format!("?sslmode=verify-full&sslrootcert={empty}"), None),
        (format!("?sslmode=verify-full&sslrootcert={empty}.not"), None),
    ] {
        match (is_encrypted(&server, &rest), expected) {
            (Ok(is_encrypted), Some(expected)) => assert_eq!(is_encrypted, expected, "{rest}"),
            (Err(error), None) => assert!(!error.to_string().is_empty()),
            (answer, _) => panic!("{rest}: {answer:?}"),
        }
    }
}

#[test]
fn rejects_a_server_without_tls_when_tls_is_required() {
    let server = Server::start(&Settings::new());
    assert!(!is_encrypted(&server, "?sslmode=prefer").unwrap());
    for mode in ["require", "verify-ca", "verify-full"] {
        let error = is_encrypted(&server, &format!("?sslmode={mode}")).unwrap_err().to_string();
        assert!(error.to_lowercase().contains("tls"), "{mode}: {error}");
    }
}
