//! How a server begins, ends, and is brought to do nothing.

use std::net::TcpListener;
use std::process::Child;
use std::sync::atomic::AtomicU32;

use rustix::process::Signal;

use super::Server;
use crate::home::Home;
use crate::process::{freeze_family, signal, thaw_family, wait_until_gone};
use crate::wait::{until, until_some};

/// In the log of a server that did not start because somebody else has the port.
const PORT_IS_TAKEN: &str = "could not create any TCP/IP sockets";

impl Server {
    /// Starts the server whose data are in `home`, on a free port.
    pub(super) fn launch(home: Home) -> Self {
        let mut server = Self { postmaster: None, port: 0, schemas: AtomicU32::new(0), home };
        until("a port stays free until the server has it", || {
            server.port = free_port();
            server.try_launch()
        });
        server
    }

    /// Starts it again with the same data on the same port, after [`Server::kill`] or
    /// [`Server::stop`], and waits until it accepts connections, which is after recovery.
    pub fn restart(&mut self) {
        if self.is_running() {
            self.stop();
        }
        until("the port is free again", || self.try_launch());
    }

    /// Whether it got its port. Then it accepts connections.
    fn try_launch(&mut self) -> bool {
        let log_before_bytes = self.log().len();
        let data = self.home.data();
        let options = [
            "-D".to_owned(),
            data.display().to_string(),
            "-p".to_owned(),
            self.port.to_string(),
            // Not in `postgresql.conf`, which a standby has from its primary.
            "-c".to_owned(),
            format!("unix_socket_directories={}", self.home.path().display()),
            "-c".to_owned(),
            format!("cluster_name={}", self.name()),
        ];
        let mut postmaster = self.home.start("postgres", &options);
        let status = until_some("the server accepts connections", || {
            let is_ready = self.is_ready(&postmaster);
            let ended = postmaster.try_wait().unwrap();
            (is_ready || ended.is_some()).then_some(ended)
        });
        let Some(status) = status else {
            self.postmaster = Some(postmaster);
            return true;
        };
        self.home.forget();
        let log = self.log().split_off(log_before_bytes);
        assert!(log.contains(PORT_IS_TAKEN), "the server did not start, {status}:\n{log}");
        false
    }

    /// The server says so in its file of locks, whose first line is its process and whose eighth
    /// is how far it is. The file may be an older one's.
    fn is_ready(&self, postmaster: &Child) -> bool {
        let file = std::fs::read_to_string(self.home.data().join("postmaster.pid"));
        let file = file.unwrap_or_default();
        let mut lines = file.lines().map(str::trim);
        lines.next() == Some(postmaster.id().to_string().as_str()) && lines.nth(6) == Some("ready")
    }

    /// Whether it was started, and has not ended by itself either.
    pub fn is_running(&mut self) -> bool {
        self.postmaster.as_mut().is_some_and(|postmaster| postmaster.try_wait().unwrap().is_none())
    }

    /// Ends it as a power cut would, as far as processes can be cut off: all at once, with no
    /// word to anybody.
    pub fn kill(&mut self) {
        assert!(self.is_running(), "the server does not run");
        self.end_if_running();
    }

    /// Ends it in the orderly way: what runs is rolled back, connections are closed.
    pub fn stop(&mut self) {
        assert!(self.is_running(), "the server does not run");
        signal(self.id(), Signal::INT);
        let mut postmaster = self.postmaster.take().unwrap();
        until("the server stops", || postmaster.try_wait().unwrap().is_some());
        self.home.forget();
    }

    /// Kills it and all its children. They are frozen first, so that none sees the other's end.
    pub(super) fn end_if_running(&mut self) {
        if self.postmaster.is_none() {
            return;
        }
        let id = self.id();
        let mut postmaster = self.postmaster.take().unwrap();
        let children = freeze_family(id);
        for process in [&[id], children.as_slice()].concat() {
            signal(process, Signal::KILL);
        }
        postmaster.wait().unwrap();
        wait_until_gone(&children);
        self.home.forget();
    }

    /// From now on it does nothing, as a machine that hangs. Connections stay as they are, and the
    /// system accepts new ones.
    pub fn freeze(&self) {
        freeze_family(self.id());
    }

    /// It goes on as if nothing had been.
    pub fn thaw(&self) {
        thaw_family(self.id());
    }

    fn id(&self) -> i32 {
        let postmaster = self.postmaster.as_ref().expect("the server does not run");
        postmaster.id().try_into().unwrap()
    }
}

/// A port that nobody has at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
