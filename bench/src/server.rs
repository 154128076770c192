//! A server under test as a child process: start, wait until it is ready, ask, stop.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::client::Client;
use crate::error::{During, Outcome};
use crate::process;

/// How long a server may take to become ready, and to stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks at a server that starts; short against the times that are measured.
const LOOK: Duration = Duration::from_micros(200);

const READYZ: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
    ready_after: Duration,
}

impl Server {
    /// Starts `command`, to which `--listen ADDRESS` is added, and waits until `/readyz`
    /// answers 200. What the server prints goes to the end of the file `log`.
    pub fn start(mut command: Command, log: &Path) -> Outcome<Self> {
        let address = free_address()?;
        let out = File::options().create(true).append(true).open(log)?;
        command.arg("--listen").arg(address.to_string());
        command.stdout(out.try_clone()?).stderr(out);
        let spawned = Instant::now();
        let child = command.spawn().during(format_args!("starting {command:?}"))?;
        let mut server = Self { child, address, log: log.to_owned(), ready_after: Duration::ZERO };
        while !ready(address) {
            if let Some(status) = server.child.try_wait()? {
                return Err(server.failure(&format!("the server ended with {status}")));
            }
            if spawned.elapsed() > PATIENCE {
                return Err(server.failure("the server did not become ready"));
            }
            thread::sleep(LOOK);
        }
        server.ready_after = spawned.elapsed();
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The time from the start of the process to the first good `/readyz`.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Its resident memory.
    pub fn resident_bytes(&self) -> Outcome<u64> {
        process::resident_bytes(self.pid())
    }

    /// Sends one request on a new connection and returns the body of the reply, which must
    /// have status 200, and the time from sending to reply.
    pub fn ask(&self, request: &[u8]) -> Outcome<(Vec<u8>, Duration)> {
        let (status, body, took) = exchange(self.address, request)?;
        if status != 200 {
            let body = String::from_utf8_lossy(&body);
            return Err(self.failure(&format!("status {status} instead of 200: {body}")));
        }
        Ok((body, took))
    }

    /// Stops it with SIGTERM and waits until it is gone.
    pub fn stop(mut self) -> Outcome<ExitStatus> {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        kill_process(pid.ok_or("no process")?, Signal::TERM).during("stopping the server")?;
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if asked.elapsed() > PATIENCE {
                return Err(self.failure("the server did not stop after SIGTERM"));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The same for one that promises to end in an orderly way, and so with success.
    pub fn stop_orderly(self) -> Outcome<()> {
        let status = self.stop()?;
        if status.success() { Ok(()) } else { Err(format!("after SIGTERM: {status}").into()) }
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

/// A port that was free a moment ago; the server itself must open it. It lies below the ports
/// that systems give to clients, for a client that keeps trying to connect to one of those
/// may be given that very port, and is then connected to itself.
fn free_address() -> Outcome<SocketAddr> {
    for _ in 0..100 {
        let address = SocketAddr::from(([127, 0, 0, 1], fastrand::u16(20_000..30_000)));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err("found no free port between 20000 and 30000".into())
}

fn ready(address: SocketAddr) -> bool {
    matches!(exchange(address, READYZ), Ok((200, ..)))
}

/// One request and its reply: status, body, and the time between them.
fn exchange(address: SocketAddr, request: &[u8]) -> Outcome<(u16, Vec<u8>, Duration)> {
    let mut client = Client::connect(address)?;
    let sent = Instant::now();
    let (status, body) = client.exchange(request)?;
    Ok((status, body, sent.elapsed()))
}
