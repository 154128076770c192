//! `ringbook phone import`, killed.

use test_support::{Home, until};

/// An import that is killed has saved all of its rows or none, wherever the kill hits: before it
/// writes, while it writes, or after.
#[test]
fn a_killed_import_is_there_as_a_whole_or_not_at_all() {
    const ROWS: usize = 20_000;
    let home = Home::new();
    home.account("acme", &["--phone-number-limit", "100000"]);
    home.skills("acme", &["General", "QA"]);
    home.write_csv("many.csv", (0..ROWS).map(|n| format!("+91{n:08},Agent-{n},\"General,QA\"")));
    let arguments = ["phone", "import", "--account", "acme", "many.csv"];
    let empty = std::fs::read(home.store()).unwrap();
    let log = home.path("ringbook.db-wal");
    let log_bytes = || std::fs::metadata(&log).map_or(0, |metadata| metadata.len());

    // How much it writes when it is left alone, as a measure of where to hit it.
    let mut reader = rusqlite::Connection::open(home.store()).unwrap();
    let held = reader.transaction().unwrap();
    held.query_row("SELECT count(*) FROM phone", [], |_| Ok(())).unwrap();
    home.ok(&arguments);
    let whole = log_bytes();
    drop(held);
    drop(reader);
    assert_eq!(home.phones("acme").len(), ROWS);

    let mut counts = Vec::new();
    for part in [0, 1, 10, 30, 50, 70, 90, 99, 100] {
        for leftover in [&log, &home.path("ringbook.db-shm")] {
            // There is one only if the process before was killed.
            let _ = std::fs::remove_file(leftover);
        }
        std::fs::write(home.store(), &empty).unwrap();
        let mut child = home.command().args(arguments).spawn().unwrap();
        until("the import writes", || {
            let is_over = child.try_wait().unwrap().is_some();
            is_over || log_bytes() * 100 >= whole * part
        });
        child.kill().unwrap();
        child.wait().unwrap();
        home.check();
        counts.push(home.phones("acme").len());
    }
    println!("{counts:?}");
    assert!(counts.iter().all(|count| [0, ROWS].contains(count)), "{counts:?}");
    assert!(counts.contains(&0), "one was hit before its end: {counts:?}");
}
