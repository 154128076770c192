//! The README shows the call that the demo prints, and its answer.

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
fn the_readme_shows_the_call_of_the_demo_and_its_answer() {
    let readme = Page::read(Path::new("README.md"));
    let mut server = Command::new(env!("CARGO_BIN_EXE_ringbook"));
    server.args(["--store", "memory:", "serve", "--demo", "--listen", "127.0.0.1:0"]);
    server.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Server(server.spawn().expect("the server starts"));

    let lines = BufReader::new(server.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let printed: Vec<_> = lines.take_while(|line| !line.starts_with("Listening on")).collect();
    let printed = printed.join("\n");
    let call = &printed[printed.find("curl ").expect("a call is printed")..].trim_end();

    let address = call.split('/').nth(2).expect("a URL");
    let key = call.split(['\'', ' ']).find(|word| word.starts_with("KK")).expect("a key");
    let shown = call.replace(address, "127.0.0.1:8080").replace(key, "KK…");
    assert_eq!(shown.trim_end(), readme.marked("<!-- the demo's call -->", "```text").trim_end());

    let answer = shell(call).output().expect("bash runs");
    let answer = String::from_utf8(answer.stdout).unwrap();
    assert_eq!(answer, readme.marked("<!-- the demo's answer -->", "```json").trim_end());
}
