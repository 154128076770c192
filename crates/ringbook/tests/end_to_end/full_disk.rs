//! A disk that is full, and one that is read-only: small ones of our own, which the program alone
//! sees.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use test_support::{Agent, Caller, DONE, Home, Row, Server, UNAVAILABLE, until};

/// The program on a disk of its own, of some megabytes, onto which the store was copied.
/// `then` is done before it starts.
fn on_disk_of_its_own(home: &Home, then: &str) -> Command {
    let script = format!(
        "mkdir disk && mount -t tmpfs -o size=4m disk disk && cp ringbook.db disk && \
         {then} && exec \"$@\""
    );
    let program = home.command();
    let mut command = Command::new("unshare");
    // As somebody who is nobody outside, and root within.
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"]);
    command.arg(program.get_program()).current_dir(program.get_current_dir().unwrap());
    command.env("RINGBOOK_STORE", "sqlite:disk/ringbook.db").env_remove("RINGBOOK_LOG");
    command
}

/// Whether this machine lets us have disks of our own. Containers often do not.
pub fn is_allowed() -> bool {
    let tried = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "disk", "/tmp"])
        .status();
    let is_allowed = tried.is_ok_and(|status| status.success());
    if !is_allowed {
        println!("NOT TESTED: this machine allows no mounts in a namespace");
    }
    is_allowed
}

/// A file on the disk of a server, seen from here.
fn file(home: &Home, server: &Server, name: &str) -> PathBuf {
    let disk = home.path("disk").join(name);
    PathBuf::from(format!("/proc/{}/root{}", server.id(), disk.display()))
}

/// Writes until there is no byte left.
fn fill(mut filler: &File) {
    for size in [4096, 1] {
        let error = loop {
            if let Err(error) = filler.write_all(&[0; 4096][..size]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}

/// The phones as the files on the disk have them. Nobody writes just now.
fn phones(home: &Home, server: &Server) -> Vec<Row> {
    for (from, to) in [("ringbook.db", "copy.db"), ("ringbook.db-wal", "copy.db-wal")] {
        std::fs::copy(file(home, server, from), home.path(to)).unwrap();
    }
    let store = ["--store", "sqlite:copy.db"];
    assert!(home.ok(&[&store[..], &["check"]].concat()).starts_with("ok: "));
    let list = ["phone", "list", "--account", "acme", "--format", "json"];
    let mut rows: Vec<Row> = serde_json::from_str(&home.ok(&[&store[..], &list].concat())).unwrap();
    rows.sort();
    for leftover in ["copy.db", "copy.db-wal", "copy.db-shm"] {
        // The last two are gone with the process that was the last to use them.
        let _ = std::fs::remove_file(home.path(leftover));
    }
    rows
}

#[track_caller]
fn assert_unavailable(agent: &mut Agent, caller: &mut Caller) {
    let reply = agent.edit(caller).unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (503, UNAVAILABLE));
    assert!(reply.header("retry-after").is_some_and(|after| after.parse::<u32>().is_ok()));
    let reason = reply.header("ringbook-reason").unwrap();
    assert!(reason.starts_with("store: "), "{reason}");
}

#[test]
fn returns_503_on_a_full_disk_and_loses_no_edit() {
    if !is_allowed() {
        return;
    }
    let home = Home::new();
    let (mut agents, key) = Agent::fleet(&home, "acme", 16);
    let mut command = on_disk_of_its_own(&home, "true");
    let mut server = Server::start(command.arg("serve"), home.log_file());
    let mut caller = server.caller("acme", &key);
    for agent in &mut agents {
        assert_eq!(agent.edit(&mut caller).unwrap().body, DONE);
    }
    for round in 0..3 {
        let filler = file(&home, &server, "filler");
        fill(&File::create(&filler).unwrap());
        // A few more fit in what the log has left of its last page.
        let mut count = 0;
        while agents[0].edit(&mut caller).unwrap().body == DONE {
            count += 1;
            assert!(count < 1000, "the disk is full");
        }
        for agent in &mut agents {
            assert_unavailable(agent, &mut caller);
        }
        // Many at once are told the same.
        thread::scope(|scope| {
            for agent in &mut agents {
                let mut caller = server.caller("acme", &key);
                scope.spawn(move || assert_unavailable(agent, &mut caller));
            }
        });
        // What needs no space goes on.
        for agent in &agents {
            let Row { number, name, .. } = agent.now();
            assert_eq!(caller.name_of(&number), Some(name), "round {round}");
        }
        assert_eq!(server.client().get("/healthz").unwrap().status, 200);
        Agent::assert_acknowledged(&agents, &phones(&home, &server));

        // And so does the rest, by itself.
        std::fs::remove_file(&filler).unwrap();
        until("edits succeed again", || agents[1].edit(&mut caller).unwrap().body == DONE);
        for agent in &mut agents {
            assert_eq!(agent.edit(&mut caller).unwrap().body, DONE);
        }
        Agent::assert_acknowledged(&agents, &phones(&home, &server));
    }
    server.stop();
    // Each failure is told with the request that it was.
    let log = server.log();
    let failed: Vec<_> =
        log.lines().filter(|line| line.contains("a request could not be answered")).collect();
    assert!(failed.len() >= 3 * agents.len(), "{log}");
    for line in failed {
        let id = line.split(" request_id=").nth(1).unwrap();
        let request = format!("outcome=unavailable account=1 source=127.0.0.1 request_id={id} ");
        assert!(log.contains(&request), "{line}\n{log}");
    }
}

/// A command that finds no space says so, and the store is as it was.
#[test]
fn rejects_an_import_onto_a_full_disk() {
    if !is_allowed() {
        return;
    }
    let home = Home::new();
    home.account("acme", &["--phone-number-limit", "100000"]);
    home.write_csv("many.csv", (0..100_000).map(|n| format!("+91{n:08},Agent-{n},")));
    let mut command = on_disk_of_its_own(&home, "true");
    command.args(["phone", "import", "--account", "acme", "many.csv"]);
    let output = command.output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.starts_with("ringbook: the disk or quota is full"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn reports_a_read_only_disk_in_one_sentence() {
    if !is_allowed() {
        return;
    }
    let home = Home::new();
    home.account("acme", &[]);
    let commands = [&["serve", "--listen", "127.0.0.1:0"][..], &["account", "create", "initech"]];
    for arguments in commands {
        let mut command = on_disk_of_its_own(&home, "mount -o remount,bind,ro disk");
        let output = command.args(arguments).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        let is_said = message.starts_with("ringbook: ") && message.contains("disk/ringbook.db");
        assert!(
            is_said && message.to_lowercase().contains("read-only"),
            "{arguments:?}: {message}"
        );
        std::fs::remove_dir(home.path("disk")).unwrap();
    }
}
