//! What a session of ours is set to, whatever role and database are set to.

use test_postgres::{Server, Settings};

use super::open;
use crate::book::{Book, phone};

/// Notes with each change what the session that writes it is set to.
const NOTE: &str = "\
    CREATE TABLE noted (at bigint GENERATED ALWAYS AS IDENTITY, settings text); \
    GRANT INSERT ON noted TO ringbook; \
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        INSERT INTO noted (settings) VALUES (concat_ws(' ', \
            current_setting('synchronous_commit'), current_setting('jit'), \
            current_setting('idle_in_transaction_session_timeout'))); \
        RETURN NEW; END $$; \
    CREATE TRIGGER note BEFORE INSERT ON change FOR EACH ROW EXECUTE FUNCTION note()";

/// The last thing noted.
fn noted(server: &Server) -> String {
    server.query("SELECT settings FROM noted ORDER BY at DESC LIMIT 1").remove(0)
}

#[test]
fn a_commit_is_on_the_disk_whatever_somebody_has_set() {
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
    // The operator who writes it into the URL has said so too, and is overruled as well.
    let options = "?options=-csynchronous_commit%3Doff";
    book.store = open(&format!("{}{options}", server.url())).unwrap();
    commit(&mut book);
    assert_eq!(noted(&server), "on off 10s");
    book.assert_stored();
}
