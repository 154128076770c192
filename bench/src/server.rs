//! A server under test as a child process.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::error::{Context, Outcome};
use crate::http::Client;

/// How long a server may take to start, and to stop.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Between two requests to a server that starts; short compared to the times that are measured.
const POLL_INTERVAL: Duration = Duration::from_micros(200);

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    log: PathBuf,
    pub address: SocketAddr,
    /// From the start of the process to the first good `/readyz`.
    pub ready_after: Duration,
}

impl Server {
    /// Starts `command` with `--listen ADDRESS` added, and waits until `/readyz` answers 200. Its
    /// output goes to the end of the file `log`.
    pub fn start(mut command: Command, log: &Path) -> Outcome<Self> {
        let address = free_address()?;
        let out = File::options().create(true).append(true).open(log)?;
        command.arg("--listen").arg(address.to_string());
        command.stdout(out.try_clone()?).stderr(out);
        let spawned = Instant::now();
        let child = command.spawn().context(format_args!("starting {command:?}"))?;
        let mut server = Self { child, address, log: log.to_owned(), ready_after: Duration::ZERO };
        let client = server.client();
        while !client.is_ready() {
            if let Some(status) = server.child.try_wait()? {
                return Err(server.failure(&format!("the server ended with {status}")));
            }
            if spawned.elapsed() > TIMEOUT {
                return Err(server.failure("the server did not become ready"));
            }
            thread::sleep(POLL_INTERVAL);
        }
        server.ready_after = spawned.elapsed();
        Ok(server)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Sends SIGTERM and waits for the end of the process, which must be a success.
    pub fn stop(mut self) -> Outcome<()> {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        kill_process(pid.ok_or("no process")?, Signal::TERM).context("stopping the server")?;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(self.failure(&format!("after SIGTERM: {status}"))),
                None if Instant::now() > deadline => {
                    return Err(self.failure("the server did not stop after SIGTERM"));
                }
                None => thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    fn failure(&self, what: &str) -> Box<dyn std::error::Error + Send + Sync> {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(10)..].join("\n");
        format!("{what}; its log ends with:\n{tail}").into()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` the child is gone, and killing it again does nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago. It lies below the ports that systems give to clients: a
/// client that keeps connecting to one of those may be given that very port and be connected to
/// itself.
fn free_address() -> Outcome<SocketAddr> {
    let addresses = (0..100).map(|_| ([127, 0, 0, 1], fastrand::u16(20_000..30_000)).into());
    let mut free = addresses.filter(|address: &SocketAddr| TcpListener::bind(address).is_ok());
    Ok(free.next().ok_or("found no free port between 20000 and 30000")?)
}
