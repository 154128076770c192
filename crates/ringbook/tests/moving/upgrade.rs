//! A rolling upgrade: a node of the schema before goes on serving while the new ones come.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::previous;
use crate::support::{Caller, DONE, Home, Server};

/// Edits that each node acknowledges in each phase.
const EDITS: usize = 200;

#[test]
fn on_sqlite_both_versions_serve_one_file() {
    let home = Home::new();
    let store = format!("sqlite:{}", home.store().display());
    roll(&home, &store);
    home.assert_history_is_gapless();
}

#[test]
fn on_postgresql_both_versions_serve_one_schema() {
    let home = Home::new();
    roll(&home, &test_postgres::Server::shared().new_schema());
}

/// The command of the version before, on that store.
fn old(home: &Home, store: &str) -> Command {
    let mut command = Command::new(previous::program());
    command.args(["--store", store]).env("USER", "asha").current_dir(home.path(""));
    command
}

fn roll(home: &Home, store: &str) {
    let made = old(home, store).args(["account", "create", "acme"]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let key = home.keep_secret(String::from_utf8(made.stdout).unwrap().trim());
    let mut old_node = Server::start(old(home, store).arg("serve"), home.log_file());
    let mut on_old = Phone::create(old_node.caller("acme", &key), 1);
    on_old.renumber(EDITS);

    // Whoever must not migrate is refused; the first who may does, under a node that serves.
    let told = home.refused(&["--store", store, "--no-migrate", "account", "list"]);
    assert!(told.ends_with("run `ringbook migrate` first"), "{told}");
    let is_over = AtomicBool::new(false);
    let (new_node, mut on_new) = thread::scope(|scope| {
        let goes_on = scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                on_old.renumber(1);
            }
        });
        let new_node = home.serve(&["--store", store]);
        let mut on_new = Phone::create(new_node.caller("acme", &key), 2);
        on_new.renumber(EDITS);
        is_over.store(true, Ordering::Release);
        goes_on.join().unwrap();
        (new_node, on_new)
    });
    on_old.renumber(EDITS);

    // Each sees at once what the other was told.
    for (node, phone) in [(&old_node, &on_new), (&new_node, &on_old)] {
        let seen = node.caller("acme", &key).name_of(&phone.number);
        assert_eq!(seen.as_deref(), Some(phone.name.as_str()));
    }

    // The old one stops, and does not come back on the newer schema.
    old_node.terminate();
    assert!(old_node.wait(std::time::Duration::from_secs(20)).success());
    let refused = old(home, store).args(["account", "list"]).output().unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && told.contains("is from a newer Ringbook"), "{told}");
    on_new.renumber(EDITS);
    assert_eq!(home.ok(&["--store", store, "check"]), "ok: 1 accounts, 2 phones\n");
}

/// A phone that a caller edits again and again.
struct Phone {
    caller: Caller,
    number: String,
    name: String,
    edits: usize,
}

impl Phone {
    fn create(mut caller: Caller, n: usize) -> Self {
        let (number, name) = (format!("{n}00000"), format!("Agent-{n}"));
        assert_eq!(caller.create(&number, &name, "").unwrap().body, DONE);
        Self { caller, number, name, edits: 0 }
    }

    fn renumber(&mut self, count: usize) {
        for _ in 0..count {
            self.edits += 1;
            let next = format!("{}{:05}", &self.number[..1], self.edits);
            let reply = self.caller.renumber(&self.name, &self.number, &next).unwrap();
            assert_eq!(reply.body, DONE, "{} to {next}", self.number);
            self.number = next;
        }
    }
}
