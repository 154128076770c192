//! A running `ringbook serve`.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use test_postgres::within;

use super::caller::Caller;
use super::client::Client;

/// The time that requests get that have begun when a server is told to stop.
pub const DRAIN: Duration = Duration::from_secs(10);

/// A server, killed when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// What it printed before it began to listen.
    pub printed: String,
    pub log_file: PathBuf,
    /// Held open: a server must not find its output gone.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// Starts `command` with a free port, unless it names one, and waits until it listens.
    pub fn start(command: &mut Command, log_file: PathBuf) -> Self {
        if !command.get_args().any(|argument| argument == "--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        Self::start_command(command, log_file)
    }

    /// Starts `command` as it is and waits until it listens.
    pub fn start_command(command: &mut Command, log_file: PathBuf) -> Self {
        let log = File::create(&log_file).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        let address = loop {
            let mut line = String::new();
            if stdout.read_line(&mut line).unwrap() == 0 {
                let status = child.wait().unwrap();
                let log = std::fs::read_to_string(&log_file).unwrap();
                panic!("the server ended, {status}: {printed}{log}");
            }
            if let Some(url) = line.trim_end().strip_prefix("Listening on ") {
                let (_, address) = url.split_once("://").unwrap();
                break address.parse().unwrap();
            }
            printed.push_str(&line);
        };
        Self { child, address, printed, log_file, _stdout: stdout }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn client(&self) -> Client {
        Client::connect(self.address).unwrap()
    }

    pub fn caller(&self, user_name: &str, api_key: &str) -> Caller {
        Caller::connect(self.address, user_name, api_key).unwrap()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log_file).unwrap()
    }

    /// Ends it as a power cut would, as far as a process can be cut off.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Asks it to stop as a terminal does.
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Asks it to look at its files.
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Stops it, which succeeds within the time that requests get that have begun.
    #[track_caller]
    pub fn stop(&mut self) {
        self.terminate();
        assert_eq!(self.wait(DRAIN).code(), Some(0), "{}", self.log());
    }

    /// Waits until it has stopped.
    #[track_caller]
    pub fn wait(&mut self, deadline: Duration) -> ExitStatus {
        within(deadline, "the server stops", || self.child.try_wait().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let log = self.log();
        if std::thread::panicking() {
            println!("{}:\n{log}", self.log_file.display());
        } else {
            assert!(!log.contains("panicked"), "{log}");
        }
    }
}
