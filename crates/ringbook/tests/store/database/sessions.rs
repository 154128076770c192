//! Our sessions: their settings, whatever those of the role and the database are, and poolers.

use ringbook::store::StoreError;
use test_postgres::{Pooler, Server, Settings};

use super::{Session, open};
use crate::book::{Book, nth_phone, phone};

/// Records with each change the settings of the session that writes it.
const NOTE: &str = "\
    CREATE TABLE noted (at bigint GENERATED ALWAYS AS IDENTITY, settings text); \
    GRANT INSERT ON noted TO ringbook; \
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        INSERT INTO noted (settings) VALUES (concat_ws(' ', \
            current_setting('synchronous_commit'), current_setting('jit'), \
            current_setting('idle_in_transaction_session_timeout'))); \
        RETURN NEW; END $$; \
    CREATE TRIGGER note BEFORE INSERT ON change FOR EACH ROW EXECUTE FUNCTION note()";

/// The last settings recorded.
fn noted(server: &Server) -> String {
    server.query("SELECT settings FROM noted ORDER BY at DESC LIMIT 1").remove(0)
}

#[test]
fn commits_synchronously_whatever_the_role_and_database_settings() {
    let server = Server::start(&Settings::new());
    let mut book = Book::new(&open(&server.url()).unwrap(), "acme");
    server.query(NOTE);
    let mut round = 0;
    let mut commit = |book: &mut Book| {
        round += 1;
        let after = phone(&format!("{round:03}"), &format!("Agent-{round}"), &[]);
        book.commit(vec![book.phone(1, Some(after))]);
    };
    for (what, set, expected) in [
        ("ROLE ringbook", "off", "on"),
        ("ROLE ringbook", "local", "on"),
        ("ROLE ringbook", "remote_write", "on"),
        ("ROLE ringbook", "remote_apply", "remote_apply"),
        ("ROLE ringbook", "DEFAULT", "on"),
        ("DATABASE ringbook", "off", "on"),
        ("DATABASE ringbook", "remote_apply", "remote_apply"),
        ("DATABASE ringbook", "DEFAULT", "on"),
    ] {
        server.query(&format!("ALTER {what} SET synchronous_commit TO {set}"));
        book.store = open(&server.url()).unwrap();
        commit(&mut book);
        assert_eq!(noted(&server), format!("{expected} off 10s"), "{what} {set}");
    }
    // An option in the URL is overruled as well.
    let options = "?options=-csynchronous_commit%3Doff";
    book.store = open(&format!("{}{options}", server.url())).unwrap();
    commit(&mut book);
    assert_eq!(noted(&server), "on off 10s");
    book.assert_stored();
}

/// Opens a store that must be refused as unsuitable.
#[track_caller]
fn refusal(url: &str) -> String {
    match open(url).map(drop) {
        Err(error @ StoreError::Unsuitable { .. }) => error.to_string(),
        other => panic!("{url}: {other:?}"),
    }
}

#[test]
fn works_through_a_pooler_in_session_mode() {
    let server = Server::start(&Settings::new());
    let pooler = Pooler::start(&server, "pool_mode = session");
    let mut book = Book::new(&open(&pooler.url()).unwrap(), "acme");
    book.commit(vec![book.phone(1, Some(nth_phone(1)))]);
    book.assert_stored();
}

#[test]
fn refuses_a_pooler_in_transaction_mode() {
    let server = Server::start(&Settings::new());
    let pool = |lines: &str| Pooler::start(&server, &format!("pool_mode = transaction\n{lines}"));
    for pooler in [pool(""), pool("server_round_robin = 1"), pool("default_pool_size = 2")] {
        // Other clients have left two sessions.
        let others = [Session::start(&pooler.url()), Session::start(&pooler.url())];
        for sql in ["BEGIN", "COMMIT"] {
            for other in &others {
                other.execute(sql);
            }
        }
        for _ in 0..3 {
            let text = refusal(&pooler.url());
            assert!(text.contains("session mode"), "{text}");
        }
    }
    let tables = server.query("SELECT count(*) FROM pg_class WHERE relname = 'account'");
    assert_eq!(tables, ["0"]);
}

#[test]
fn refuses_a_database_that_is_not_utf8() {
    let server = Server::start(&Settings::new());
    for encoding in ["LATIN1", "SQL_ASCII"] {
        server.query(&format!(
            "CREATE DATABASE other_{encoding} OWNER ringbook ENCODING '{encoding}' \
             TEMPLATE template0"
        ));
        let url = server.url();
        let (server_url, _) = url.rsplit_once('/').unwrap();
        let text = refusal(&format!("{server_url}/other_{}", encoding.to_lowercase()));
        assert!(text.contains(encoding) && text.contains("ENCODING 'UTF8'"), "{text}");
    }
}
