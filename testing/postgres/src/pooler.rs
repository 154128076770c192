//! `PgBouncer`, a connection pooler.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;

use crate::home::Home;
use crate::server::{Server, free_port};
use crate::wait::until;

/// Where packages put it, outside of some users' `PATH`.
const PLACES: [&str; 4] = [
    "/usr/sbin/pgbouncer",
    "/usr/bin/pgbouncer",
    "/usr/local/bin/pgbouncer",
    "/opt/homebrew/bin/pgbouncer",
];

/// A `PgBouncer` in front of a server. It ends when this is dropped, or the process ends.
pub struct Pooler {
    port: u16,
    process: Child,
    home: Home,
}

impl Pooler {
    /// Starts it with these lines in its configuration, such as `pool_mode = session`.
    pub fn start(server: &Server, lines: &str) -> Self {
        let program = PLACES.into_iter().find(|place| Path::new(place).is_file());
        let program = program.expect("PgBouncer is not found: apt-get install pgbouncer");
        let (home, port) = (Home::new(), free_port());
        let users = home.path().join("users.txt");
        fs::write(&users, "\"ringbook\" \"\"\n").unwrap();
        let configuration = home.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\nringbook = host=127.0.0.1 port={}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {}\n{lines}\n",
            server.port(),
            users.display()
        );
        fs::write(&configuration, text).unwrap();
        let process = home.start(program, &[configuration]);
        until("the pooler accepts connections", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { port, process, home }
    }

    /// Where the role `ringbook` finds the server's database, through the pooler.
    pub fn url(&self) -> String {
        format!("postgres://ringbook@127.0.0.1:{}/ringbook", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.home.forget();
    }
}
