//! One keep-alive connection: sends a request, waits for the reply, compares it, counts it.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;

use super::population::Hand;
use super::tally::{Tally, Window};
use crate::error::{Context, Outcome};
use crate::requests::{self, Mode};

/// Room for any reply, including a page of fifty phones, so that the buffers never grow.
const BUFFER: usize = 16_384;

/// A connection and the phones that only it works on.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    hand: Hand,
    mode: Mode,
    /// The reply to every request of the ceiling.
    fixed_reply: Option<Vec<u8>>,
    request: Vec<u8>,
    expected: Vec<u8>,
    reply: Vec<u8>,
    tally: Arc<Mutex<Tally>>,
}

impl Connection {
    /// Connects. With `fixed_reply` every request must be answered as the ceiling does.
    pub async fn open(
        address: SocketAddr,
        hand: Hand,
        mode: Mode,
        fixed_reply: bool,
        tally: Arc<Mutex<Tally>>,
    ) -> Outcome<Self> {
        let stream =
            TcpStream::connect(address).await.context(format_args!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            hand,
            mode,
            fixed_reply: fixed_reply.then(|| mode.fixed_reply()),
            request: Vec::with_capacity(BUFFER),
            expected: Vec::with_capacity(BUFFER),
            reply: Vec::with_capacity(BUFFER),
            tally,
        })
    }

    /// Sends requests about random phones. In a paced load one for every due time, which its
    /// latency is counted from; otherwise one after another until the window ends.
    pub async fn run(
        mut self,
        window: Window,
        mut due_times: Option<UnboundedReceiver<Instant>>,
    ) -> Outcome<Hand> {
        let mut done = Instant::now();
        loop {
            let begun = match &mut due_times {
                Some(due_times) => due_times.recv().await,
                None => (done < window.end).then_some(done),
            };
            let Some(begun) = begun else { return Ok(self.hand) };
            let place = self.hand.pick();
            let is_right = self.ask_about(place).await?;
            done = Instant::now();
            let counts = window.holds(if due_times.is_some() { begun } else { done });
            if is_right && counts {
                self.tally().record(done - begun);
            }
        }
    }

    /// One request about a phone. Returns whether its reply was right.
    async fn ask_about(&mut self, place: usize) -> Outcome<bool> {
        let (status, body) = self.exchange(place).await?;
        if status != 200 || !requests::is_right(&self.reply[body], &self.expected) {
            self.tally().complain(|| self.complaint());
            return Ok(false);
        }
        if self.mode == Mode::Edit {
            self.hand.flip(place);
        }
        Ok(true)
    }

    /// Sends a request. Returns the status and the place of the body in `self.reply`.
    async fn exchange(&mut self, place: usize) -> Outcome<(u16, Range<usize>)> {
        self.hand.write_request(place, self.mode, &mut self.request);
        match &self.fixed_reply {
            Some(fixed) => self.expected.clone_from(fixed),
            None => self.hand.write_expected(place, self.mode, &mut self.expected),
        }
        self.stream.write_all(&self.request).await.context("sending a request")?;
        self.reply.clear();
        loop {
            let read = self.stream.read_buf(&mut self.reply).await.context("reading a reply")?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(reply) = parse_reply(&self.reply).context("reading a reply")? {
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

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().expect("no thread panics while it counts")
    }
}

/// Reads the reply that `bytes` hold: status and place of the body. `None` while it is incomplete.
fn parse_reply(bytes: &[u8]) -> Outcome<Option<(u16, Range<usize>)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes)? else { return Ok(None) };
    let mut headers = response.headers.iter();
    let length = headers.find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| str::from_utf8(header.value).ok()?.parse::<usize>().ok());
    let end = head + length.ok_or("the reply has no Content-Length")?;
    match bytes.len() {
        len if len < end => Ok(None),
        len if len == end => Ok(Some((response.code.unwrap_or_default(), head..end))),
        _ => Err("there are bytes after the end of the reply".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_is_incomplete_until_its_last_byte() {
        let reply =
            b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
        for end in 0..reply.len() {
            assert_eq!(parse_reply(&reply[..end]).unwrap(), None, "first {end} bytes");
        }
        let (status, body) = parse_reply(reply).unwrap().unwrap();
        assert_eq!((status, &reply[body]), (200, &b"hello"[..]));
    }

    #[test]
    fn rejects_a_reply_of_unknown_length_or_with_bytes_after_it() {
        for reply in [
            &b"SSH-2.0-x\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab",
        ] {
            assert!(parse_reply(reply).is_err());
        }
    }
}
