//! Processes of the machine, as `ps` knows them, which is everywhere.

use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use crate::wait::until;

/// A process.
#[derive(Debug)]
struct Process {
    id: i32,
    parent: i32,
    state: u8,
}

impl Process {
    /// It runs no more. One that has ended stays in the list until its parent has asked.
    fn is_gone(&self) -> bool {
        self.state == b'Z'
    }

    fn is_frozen(&self) -> bool {
        self.state == b'T'
    }
}

fn all() -> Vec<Process> {
    // An option a column: on macOS, what follows `=` is all a heading.
    let options = ["-A", "-o", "pid=", "-o", "ppid=", "-o", "stat="];
    let output = Command::new("ps").args(options).output();
    let output = output.expect("run `ps`; on Linux the package is procps");
    let lines = String::from_utf8_lossy(&output.stdout);
    let processes: Vec<_> = lines.lines().filter_map(parse).collect();
    assert!(!processes.is_empty(), "`ps` tells nothing: {output:?}");
    processes
}

fn parse(line: &str) -> Option<Process> {
    let mut words = line.split_whitespace();
    let (id, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(Process { id, parent, state: *words.next()?.as_bytes().first()? })
}

/// Sends a signal, unless the process is gone.
pub fn signal(id: i32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(id).expect("a process has an id"), signal);
}

/// Freezes a process and all its children, and returns the children. The parent is first, so that
/// none is born meanwhile.
pub fn freeze_family(parent: i32) -> Vec<i32> {
    signal(parent, Signal::STOP);
    wait_for(&[parent], |process| process.is_frozen() || process.is_gone());
    let children = children(parent);
    for child in &children {
        signal(*child, Signal::STOP);
    }
    wait_for(&children, |process| process.is_frozen() || process.is_gone());
    children
}

/// Lets a frozen family go on, the parent last.
pub fn thaw_family(parent: i32) {
    for id in children(parent).into_iter().chain([parent]) {
        signal(id, Signal::CONT);
    }
}

/// Waits until none of the processes runs.
pub fn wait_until_gone(ids: &[i32]) {
    wait_for(ids, Process::is_gone);
}

fn children(parent: i32) -> Vec<i32> {
    let children = all().into_iter().filter(|process| process.parent == parent);
    children.map(|process| process.id).collect()
}

/// Waits until `is_so` for each of the processes that there still is.
fn wait_for(ids: &[i32], is_so: impl Fn(&Process) -> bool) {
    until("processes end or freeze", || {
        all().iter().filter(|process| ids.contains(&process.id)).all(&is_so)
    });
}
