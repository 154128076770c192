//! The settings of our sessions, whatever those of the role and the database are.

use test_postgres::{Server, Settings};

use super::open;
use crate::book::{Book, phone};

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
