//! `ringbook sync --keep-going`, killed.

use std::process::Stdio;

use test_support::{Home, until};

/// Each part is there as a whole or not at all, and the next run does the rest.
#[test]
fn a_killed_sync_goes_on_when_it_is_run_again() {
    const ROWS: u32 = 20_000;
    const PART: u32 = 500;
    let home = Home::new();
    home.account("acme", &["--phone-number-limit", "100000"]);
    home.skills("acme", &["General", "QA"]);
    home.write_csv("many.csv", (0..ROWS).map(|n| format!("+91{n:08},Agent-{n},\"General,QA\"")));
    let arguments = ["sync", "--account", "acme", "--keep-going", "--yes", "many.csv"];
    let store = rusqlite::Connection::open(home.store()).unwrap();
    let count =
        || store.query_row("SELECT count(*) FROM phone", [], |row| row.get::<_, u32>(0)).unwrap();
    for parts in [1, 20] {
        let mut child = home.command().args(arguments).stdout(Stdio::null()).spawn().unwrap();
        until("some parts are done", || {
            child.try_wait().unwrap().is_some() || count() >= parts * PART
        });
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(count() % PART, 0);
        home.check();
    }
    home.ok(&arguments);
    assert_eq!(home.phones("acme").len(), ROWS as usize);
    let again = home.ok(&["sync", "--account", "acme", "--plan", "many.csv"]);
    assert_eq!(again, "0 created, 0 changed, 0 deleted, 20,000 unchanged, 0 refused\n");
}
