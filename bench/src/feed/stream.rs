//! Server-Sent Events as they come in chunks, and no more of either than a test needs.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::error::{During, Outcome};

/// What ends a head, and what ends an event.
const HEAD_END: &[u8] = b"\r\n\r\n";
const EVENT_END: &[u8] = b"\n\n";

/// A stream of events.
#[derive(Debug)]
pub struct Stream {
    socket: TcpStream,
    /// How long something may take to come.
    patience: Duration,
    /// What came and was not yet looked at.
    chunked: Vec<u8>,
    /// What was in the chunks, from the event that is not yet whole on.
    events: Vec<u8>,
}

impl Stream {
    /// Sends a request, and reads the head of its reply.
    pub fn open(address: SocketAddr, request: &[u8], patience: Duration) -> Outcome<Self> {
        let mut socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(patience))?;
        socket.write_all(request)?;
        let mut opened = Self { socket, patience, chunked: Vec::new(), events: Vec::new() };
        let end = loop {
            if let Some(end) = find(&opened.chunked, HEAD_END) {
                break end;
            }
            if !opened.read()? {
                return Err("no stream was begun".into());
            }
        };
        let rest = opened.chunked.split_off(end + HEAD_END.len());
        let head = String::from_utf8_lossy(&opened.chunked).to_ascii_lowercase();
        let is_chunked = head.contains("\r\ntransfer-encoding: chunked\r\n");
        if !head.starts_with("http/1.1 200 ") || !is_chunked {
            let rest = String::from_utf8_lossy(&rest);
            return Err(format!("no stream in chunks was begun but {head}{rest}").into());
        }
        opened.chunked = rest;
        Ok(opened)
    }

    /// How long to wait for something to come from now on.
    pub fn set_patience(&mut self, patience: Duration) -> Outcome<()> {
        self.patience = patience;
        Ok(self.socket.set_read_timeout(Some(patience))?)
    }

    /// The data of the events that came, as soon as there are some; none if none came in time.
    pub fn next(&mut self) -> Outcome<Vec<String>> {
        // A server that has nothing to tell says so from time to time.
        let deadline = Instant::now() + self.patience;
        loop {
            while let Some(chunk) = take_chunk(&mut self.chunked)? {
                self.events.extend_from_slice(&chunk);
            }
            let data = take_data(&mut self.events)?;
            if !data.is_empty() || Instant::now() >= deadline || !self.read()? {
                return Ok(data);
            }
        }
    }

    /// Reads what comes; whether something came in time.
    fn read(&mut self) -> Outcome<bool> {
        let mut room = [0; 16 * 1024];
        match self.socket.read(&mut room) {
            Ok(0) => Err("the server ended the stream".into()),
            Ok(read) => {
                self.chunked.extend_from_slice(&room[..read]);
                Ok(true)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Ok(false)
            }
            Err(error) => Err(error).during("reading a stream"),
        }
    }
}

/// Takes the first chunk off, if it is there as a whole.
fn take_chunk(bytes: &mut Vec<u8>) -> Outcome<Option<Vec<u8>>> {
    let Some(line) = find(bytes, b"\r\n") else { return Ok(None) };
    let size = std::str::from_utf8(&bytes[..line])?.trim();
    let size =
        usize::from_str_radix(size, 16).during(format_args!("the size of a chunk {size:?}"))?;
    if size == 0 {
        return Err("the server ended the stream".into());
    }
    let (start, end) = (line + 2, line + 2 + size);
    if bytes.len() < end + 2 {
        return Ok(None);
    }
    let chunk = bytes[start..end].to_vec();
    bytes.drain(..end + 2);
    Ok(Some(chunk))
}

/// Takes off the events that are whole, and returns what those of changes hold. Others, such as the
/// one that only tells the place to go on from, have nothing; but one that tells of a problem is
/// one.
fn take_data(events: &mut Vec<u8>) -> Outcome<Vec<String>> {
    let mut data = Vec::new();
    while let Some(end) = find(events, EVENT_END) {
        let event = String::from_utf8(events.drain(..end + EVENT_END.len()).collect())?;
        let field = |name| event.lines().find_map(|line| line.strip_prefix(name));
        match (field("event: "), field("data: ")) {
            (_, None) => {}
            (Some("change"), Some(change)) => data.push(change.to_owned()),
            _ => return Err(format!("the stream has told {event:?}").into()),
        }
    }
    Ok(data)
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_taken_once_they_are_whole() {
        const BYTES: &[u8] = b"3\r\nabc\r\nA\r\n0123456789\r\n";
        for end in 0..8 {
            assert_eq!(take_chunk(&mut BYTES[..end].to_vec()).unwrap(), None, "{end}");
        }
        let mut bytes = BYTES.to_vec();
        assert_eq!(take_chunk(&mut bytes).unwrap().as_deref(), Some(&b"abc"[..]));
        assert_eq!(take_chunk(&mut bytes).unwrap().as_deref(), Some(&b"0123456789"[..]));
        assert_eq!(take_chunk(&mut bytes).unwrap(), None);
        assert!(take_chunk(&mut b"0\r\n\r\n".to_vec()).is_err());
    }

    #[test]
    fn events_are_taken_once_they_are_whole_and_hold_something() {
        let mut events =
            b"retry: 1\nid: 4\n\n:\n\nid: 5\nevent: change\ndata: {}\n\nid: 6".to_vec();
        assert_eq!(take_data(&mut events).unwrap(), ["{}"]);
        assert_eq!(events, b"id: 6");
        assert!(take_data(&mut b"event: problem\ndata: {}\n\n".to_vec()).is_err());
    }
}
