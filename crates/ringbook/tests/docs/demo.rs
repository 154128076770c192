//! The README shows the calls that the demo prints, and their answers.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::page::Page;
use crate::shell::shell;

/// Is killed when it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_readme_shows_the_calls_of_the_demo_and_their_answers() {
    let readme = Page::read(Path::new("README.md"));
    let mut server = Command::new(env!("CARGO_BIN_EXE_ringbook"));
    server.args(["--store", "memory:", "serve", "--demo", "--listen", "127.0.0.1:0"]);
    server.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Server(server.spawn().expect("the server starts"));

    let lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let printed: Vec<_> = lines.take_while(|line| !line.starts_with("Listening on")).collect();
    let printed = printed.join("\n");
    let calls = printed.split("\n\n").filter(|paragraph| paragraph.starts_with("curl "));
    let marks = [("call", "answer"), ("question", "ring order")];
    assert_eq!(calls.clone().count(), marks.len(), "{printed}");
    for (call, (shown, answer)) in calls.zip(marks) {
        let address = call.split('/').nth(2).expect("a URL");
        let key = call.split(['\'', ' ', ':']).find(|word| word.starts_with("KK"));
        let told = call.replace(address, "127.0.0.1:8080").replace(key.expect("a key"), "KK…");
        let shown = readme.marked(&format!("<!-- the demo's {shown} -->"), "```text");
        assert_eq!(told.trim_end(), shown.trim_end());

        let answered = shell(call).output().expect("bash runs");
        let answered = String::from_utf8(answered.stdout).unwrap();
        let answer = readme.marked(&format!("<!-- the demo's {answer} -->"), "```json");
        assert_eq!(answered, answer.trim_end());
    }
}
