//! Files that are taken away under a running server: it notices, and acknowledges nothing more.

use std::fs::{File, remove_file, rename};

use test_support::{DONE, Home, UNAVAILABLE, wait_for_text};

#[track_caller]
fn assert_notices(take: impl FnOnce(&Home), message: &str) {
    let home = Home::new();
    let key = home.account("acme", &[]);
    let server = home.serve(&[]);
    let mut caller = server.caller("acme", &key);
    assert_eq!(caller.create("+911", "Ravi", "").unwrap().body, DONE);
    assert_eq!(server.client().get("/readyz").unwrap().status, 200);
    take(&home);
    let error = "ERROR nothing more is written until this process is restarted: ";
    wait_for_text(&server.log_file, error);
    assert_eq!(server.client().get("/readyz").unwrap().status, 503);
    let reply = caller.create("+912", "Asha", "").unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (503, UNAVAILABLE));
    let log = server.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains(error)).collect();
    assert!(lines.len() == 1 && lines[0].ends_with(message), "{lines:#?}");
}

#[test]
fn notices_that_all_files_are_removed() {
    let take = |home: &Home| {
        for name in ["ringbook.db", "ringbook.db-wal", "ringbook.db-shm"] {
            remove_file(home.path(name)).unwrap();
        }
    };
    assert_notices(take, "ringbook.db was removed or renamed");
}

#[test]
fn notices_another_file_in_place_of_the_store() {
    let take = |home: &Home| {
        home.ok(&["backup", "copy.db"]);
        rename(home.store(), home.path("old.db")).unwrap();
        rename(home.path("copy.db"), home.store()).unwrap();
    };
    // The follower may look between the two.
    assert_notices(take, "");
    let take = |home: &Home| {
        home.ok(&["backup", "copy.db"]);
        rename(home.path("copy.db"), home.store()).unwrap();
    };
    assert_notices(take, "ringbook.db was replaced by another file");
}

#[test]
fn notices_that_the_wal_is_removed() {
    let take = |home: &Home| remove_file(home.path("ringbook.db-wal")).unwrap();
    assert_notices(take, "ringbook.db-wal was removed or renamed");
}

#[test]
fn notices_that_the_wal_index_is_removed() {
    let take = |home: &Home| remove_file(home.path("ringbook.db-shm")).unwrap();
    assert_notices(take, "ringbook.db-shm was removed or renamed");
}

#[test]
fn notices_truncated_files() {
    for name in ["ringbook.db", "ringbook.db-wal"] {
        let take = |home: &Home| drop(File::create(home.path(name)).unwrap());
        assert_notices(take, &format!("{name} was truncated"));
    }
}
