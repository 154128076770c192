//! Each page lists everything: commands, options, settings and failures.

use std::path::{Path, PathBuf};
use std::process::Command;

use ringbook::store::StoreError;
use serde_json::{Map, Value};

use crate::page::Page;

#[test]
fn every_command_and_option_is_on_its_page() {
    let page = Page::read(Path::new("docs/command-line.md"));
    check_command(&page, &[]);
}

fn check_command(page: &Page, command: &[&str]) {
    let said = Command::new(env!("CARGO_BIN_EXE_ringbook")).args(command).arg("--help").output();
    let help = String::from_utf8(said.expect("it runs").stdout).unwrap();
    let name = command.join(" ");
    assert!(page.text.contains(&name), "the page has nothing on `{name}`");
    for option in help.lines().filter_map(option) {
        assert!(page.text.contains(option), "the page does not name {option} of `{name}`");
    }
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    for line in listed.take_while(|line| !line.is_empty()) {
        let sub = line.split_whitespace().next().unwrap_or_default();
        if sub != "help" {
            check_command(page, &[command, &[sub]].concat());
        }
    }
}

/// The long name in a line of `--help` that describes an option.
fn option(line: &str) -> Option<&str> {
    let words = line.strip_prefix("  ")?.trim_start();
    let long = words.strip_prefix("-").filter(|rest| rest.get(1..3) == Some(", "));
    let long = long.map_or(words, |rest| &rest[3..]);
    long.starts_with("--").then(|| long.split([' ', ',']).next().unwrap_or_default())
}

#[test]
fn every_setting_is_on_its_page() {
    let page = Page::read(Path::new("docs/configuration.md"));
    let said = Command::new(env!("CARGO_BIN_EXE_ringbook"))
        .args(["--config", "/dev/null", "config", "--format", "json"])
        .output();
    let settings: Map<String, Value> =
        serde_json::from_slice(&said.expect("it runs").stdout).expect("JSON");
    assert!(settings.len() > 5, "they are found");
    for name in settings.keys() {
        let key = format!("{name} = ");
        let is_there = page.text.lines().any(|line| line.starts_with(&key));
        assert!(is_there, "the page does not have {name}");
    }
}

#[test]
fn every_failure_of_a_store_is_explained() {
    let page = Page::read(Path::new("docs/operations.md"));
    for failure in failures() {
        let message = failure.to_string();
        assert!(page.text.contains(&message), "the page does not explain: {message}");
    }
}

/// One of each, with the words for what differs that the page has.
fn failures() -> impl Iterator<Item = StoreError> {
    std::iter::successors(Some(StoreError::Busy), after)
}

/// The failure that comes after another in the list. A new one does not compile until it has a
/// place in this chain: add it here, and to the page.
fn after(failure: &StoreError) -> Option<StoreError> {
    let (file, store) = (|| PathBuf::from("FILE"), || "STORE".to_owned());
    let directory = PathBuf::from("DIRECTORY");
    Some(match failure {
        StoreError::Busy => StoreError::Full,
        StoreError::Full => StoreError::ReadOnly(file()),
        StoreError::ReadOnly(_) => StoreError::Away("WHAT".into()),
        StoreError::Away(_) => StoreError::Unsuitable { store: store(), reason: "REASON".into() },
        StoreError::Unsuitable { .. } => StoreError::NoStore(store()),
        StoreError::NoStore(_) => StoreError::NoDirectory { file: file(), directory },
        StoreError::NoDirectory { .. } => {
            StoreError::CannotOpen { file: file(), reason: "REASON".into() }
        }
        StoreError::CannotOpen { .. } => StoreError::NotAStore(store()),
        StoreError::NotAStore(_) => StoreError::OlderSchema { store: store(), found: 1, known: 2 },
        StoreError::OlderSchema { .. } => {
            StoreError::UnreleasedSchema { store: store(), found: 8, known: 9 }
        }
        StoreError::UnreleasedSchema { .. } => {
            StoreError::NewerSchema { store: store(), found: 2, known: 1 }
        }
        StoreError::NewerSchema { .. } => StoreError::FileExists(file()),
        StoreError::FileExists(_) => StoreError::Damaged("WHAT".into()),
        StoreError::Damaged(_) => StoreError::Stopped("WHAT".into()),
        StoreError::Stopped(_) => StoreError::Engine("WHAT".into()),
        StoreError::Engine(_) => return None,
    })
}
