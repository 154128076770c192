//! Kamailio and `SIPp`, on UDP ports of 127.0.0.1.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use test_support::until;

/// Ends the program when its input ends, which it does with the test, however that ends. Packages
/// install Kamailio outside of some users' `PATH`.
const GUARD: &str = "PATH=$PATH:/usr/sbin; \"$@\" & read -r _; kill $!; wait $!";

/// A program that runs until this is dropped.
pub struct Program {
    guard: Child,
    log: PathBuf,
}

impl Program {
    /// Starts a program that logs to a file.
    pub fn start(program: &Command, log: PathBuf) -> Self {
        let output = File::create(&log).unwrap();
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(program.get_program())
            .args(program.get_args())
            .current_dir(log.parent().expect("it is in a directory"))
            .stdin(Stdio::piped())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn();
        Self { guard: guard.unwrap(), log }
    }

    /// Waits until it has its port.
    #[track_caller]
    pub fn wait_for(&self, port: u16) {
        let end = format!(":{port:04X} 00000000:0000 ");
        until(&format!("port {port} is bound; the log is {}", self.log.display()), || {
            fs::read_to_string("/proc/net/udp").unwrap().contains(&end)
        });
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
        if std::thread::panicking() {
            println!("{}:\n{}", self.log.display(), self.log());
        }
    }
}

/// A free port, which nobody else in this process gets.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // A phone's number ends with its port, in five digits.
        if port >= 10_000 && given.insert(port) {
            return port;
        }
    }
}

/// A message that a `SIPp` has received, as it logged it.
pub struct Message {
    /// When, as text that sorts.
    pub time: String,
    pub text: String,
}

/// What a `SIPp` has received so far.
pub fn received(messages: &Path) -> Vec<Message> {
    let log = fs::read(messages).unwrap_or_default();
    let log = String::from_utf8_lossy(&log).replace('\r', "");
    let parts = log.split("-----------------------------------------------");
    let message = |part: &str| {
        let (time, rest) = part.split_once("\nUDP message received")?;
        let (_, text) = rest.split_once("\n\n")?;
        Some(Message { time: time.trim().to_owned(), text: text.to_owned() })
    };
    parts.filter_map(message).collect()
}
