//! One keep-alive connection: send a request, wait for the reply, compare it, count it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;

use super::mode::Mode;
use super::pages;
use super::reply::{self, Reply};
use super::tally::{Tally, Window};
use super::workload::Hand;
use crate::error::{During, Outcome};

/// Room for any reply of the APIs, a page of fifty phones among them, so that the buffer never
/// grows.
const REPLY_ROOM: usize = 8192;

/// A connection and the phones that only it works on.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    hand: Hand,
    mode: Mode,
    /// What every request is answered with, if that is fixed.
    fixed_reply: Option<Vec<u8>>,
    request: Vec<u8>,
    expected: Vec<u8>,
    reply: Vec<u8>,
}

impl Connection {
    /// Connects. With `fixed_reply` every request must be answered alike, as the ceiling does;
    /// otherwise a `get` must name the phone.
    pub async fn open(
        address: SocketAddr,
        hand: Hand,
        mode: Mode,
        fixed_reply: bool,
    ) -> Outcome<Self> {
        let stream =
            TcpStream::connect(address).await.during(format_args!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            hand,
            mode,
            fixed_reply: fixed_reply.then(|| mode.fixed_reply()),
            request: Vec::with_capacity(REPLY_ROOM),
            expected: Vec::with_capacity(REPLY_ROOM),
            reply: Vec::with_capacity(REPLY_ROOM),
        })
    }

    /// Sends one request after another until the window ends.
    pub async fn run_closed(mut self, window: Window, tally: Arc<Mutex<Tally>>) -> Outcome<Hand> {
        let mut begun = Instant::now();
        while begun < window.end {
            let right = self.ask_once(&tally).await?;
            let done = Instant::now();
            if right && window.holds(done) {
                lock(&tally).record(done - begun);
            }
            begun = done;
        }
        Ok(self.hand)
    }

    /// Sends a request for every due time, and counts its latency from that time on.
    pub async fn run_paced(
        mut self,
        window: Window,
        tally: Arc<Mutex<Tally>>,
        mut due_times: UnboundedReceiver<Instant>,
    ) -> Outcome<Hand> {
        while let Some(due) = due_times.recv().await {
            let right = self.ask_once(&tally).await?;
            if right && window.holds(due) {
                lock(&tally).record(due.elapsed());
            }
        }
        Ok(self.hand)
    }

    /// Finds out which variant each phone is in, by asking for the one it is taken to be in.
    pub async fn survey(mut self, tally: Arc<Mutex<Tally>>) -> Outcome<Hand> {
        for place in 0..self.hand.len() {
            let reply = self.ask(place).await?;
            if self.reply[reply.body.clone()] == *self.expected {
                continue;
            }
            self.hand.flip(place);
            let reply = self.ask(place).await?;
            if self.reply[reply.body] != *self.expected {
                lock(&tally).complain(|| self.complaint());
            }
        }
        Ok(self.hand)
    }

    /// One request about a random phone; whether its reply was the right one.
    async fn ask_once(&mut self, tally: &Mutex<Tally>) -> Outcome<bool> {
        let place = self.hand.pick();
        let reply = self.ask(place).await?;
        if reply.status != 200 || !pages::is_right(&self.reply[reply.body], &self.expected) {
            lock(tally).complain(|| self.complaint());
            return Ok(false);
        }
        if self.mode == Mode::Edit {
            self.hand.flip(place);
        }
        Ok(true)
    }

    async fn ask(&mut self, place: usize) -> Outcome<Reply> {
        self.hand.write_request(place, self.mode, &mut self.request);
        if let Some(fixed) = &self.fixed_reply {
            self.expected.clone_from(fixed);
        } else {
            self.hand.write_expected(place, self.mode, &mut self.expected);
        }
        self.stream.write_all(&self.request).await.during("sending a request")?;
        self.reply.clear();
        loop {
            let read = self.stream.read_buf(&mut self.reply).await.during("reading a reply")?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(reply) = reply::parse(&self.reply).during("reading a reply")? {
                return Ok(reply);
            }
        }
    }

    fn complaint(&self) -> String {
        // The head of a request carries the API key, so only its body is shown.
        let request = String::from_utf8_lossy(&self.request);
        let body = request.split("\r\n\r\n").nth(1).unwrap_or_default();
        let expected = String::from_utf8_lossy(&self.expected);
        let reply = String::from_utf8_lossy(&self.reply);
        format!("request  {body}\nexpected {expected}\nreply    {reply}")
    }
}

fn lock(tally: &Mutex<Tally>) -> std::sync::MutexGuard<'_, Tally> {
    tally.lock().expect("no thread panics while it counts")
}
