//! Running the commands of a page, one after another, in one shell and an empty directory.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::page::{Block, Page};
use crate::root;

/// The database that pages write: each page has an empty one of its own.
const DATABASE: &str = "postgres://ringbook@127.0.0.1:5432/ringbook";

/// The ports that pages write: of the API, of the metrics or a second node, of Kamailio, and of a caller
/// and a phone.
const PORTS: [&str; 5] = ["8080", "8081", "5060", "5070", "5080"];

/// Runs the marked commands of a page and compares what they print.
pub fn check(page: &Page) {
    let (directory, outputs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // The ports that pages write may be taken.
    let ports = PORTS.map(|port| (port, free_port()));
    let with_free_ports = |text: &str| {
        ports.iter().fold(text.to_owned(), |text, (port, free)| text.replace(port, free))
    };
    std::os::unix::fs::symlink(root().join("packaging"), directory.path().join("packaging"))
        .unwrap();
    let examples = Path::new("examples/kamailio");
    std::fs::create_dir_all(directory.path().join(examples)).unwrap();
    for entry in std::fs::read_dir(root().join(examples)).unwrap() {
        let file = examples.join(entry.unwrap().file_name());
        let text = std::fs::read_to_string(root().join(&file)).unwrap();
        std::fs::write(directory.path().join(file), with_free_ports(&text)).unwrap();
    }
    let blocks = page.blocks();
    let mut script = with_free_ports(&script(page, &blocks, outputs.path()));
    if script.contains(DATABASE) {
        script = script.replace(DATABASE, &test_postgres::Server::shared().new_schema());
    }
    let ended = shell(&script).current_dir(&directory).output().expect("bash runs");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{}: {stderr}", page.path.display());
    for (index, block) in blocks.iter().enumerate() {
        let Some(expected) = &block.output else { continue };
        let expected = with_free_ports(expected);
        let printed = std::fs::read_to_string(outputs.path().join(index.to_string())).unwrap();
        let test_store = format!("{}:{}", page.path.display(), block.line);
        assert!(
            fits(&expected, &printed),
            "{test_store}\nexpected:\n{expected}printed:\n{printed}"
        );
    }
}

/// A shell in which `ringbook` is the one that was built.
pub fn shell(script: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_ringbook"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = program.parent().expect("it lies somewhere").to_owned();
    let path = std::env::join_paths([first].into_iter().chain(std::env::split_paths(&path)));
    let mut command = Command::new("bash");
    command.args(["-c", script]).env("PATH", path.unwrap()).stdin(Stdio::null());
    command.env_remove("RINGBOOK_STORE").env_remove("RINGBOOK_LOG");
    command
}

/// The blocks as one script that stops at the first failure, and the output of each in a file.
fn script(page: &Page, blocks: &[Block], outputs: &Path) -> String {
    let mut script = "\
set -euo pipefail
trap 'echo \"the commands at $place failed\" >&2' ERR
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
for program in curl sqlite3 promtool; do
    command -v \"$program\" >/dev/null || { echo \"there is no $program: scripts/test installs it\" >&2; exit 1; }
done
"
    .to_owned();
    for (index, block) in blocks.iter().enumerate() {
        let (path, line) = (page.path.display(), block.line);
        let output = outputs.join(index.to_string());
        write!(script, "place='{path}:{line}'\nexec > '{}'\n{}", output.display(), block.commands)
            .expect("writing to a String cannot fail");
    }
    script
}

/// A free port in which none of those is found that are replaced.
fn free_port() -> String {
    loop {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let free = free.to_string();
        if !PORTS.iter().any(|port| free.contains(port)) {
            return free;
        }
    }
}

/// Line by line, with `…` for anything.
fn fits(expected: &str, printed: &str) -> bool {
    expected.lines().count() == printed.lines().count()
        && expected
            .lines()
            .zip(printed.lines())
            .all(|(expected, line)| test_support::fits(expected, line))
}
