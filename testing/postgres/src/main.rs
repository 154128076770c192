//! A server to try things on. It ends when the standard input does.

use std::io::{self, Read as _};

use test_postgres::{Server, Settings};

fn main() {
    let server = Server::start(&Settings::new());
    println!("{}\n{}", server.url(), server.directory().display());
    // An error ends it as well.
    let _ = io::stdin().read_to_end(&mut Vec::new());
}
