//! A keep-alive connection for what is asked one by one, and is no load.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::error::{During, Outcome};
use crate::load;

/// How long a server may take to say something.
const PATIENCE: Duration = Duration::from_mins(1);

/// How much is read at a time.
const ROOM: usize = 64 * 1024;

/// A connection that waits.
#[derive(Debug)]
pub struct Client(TcpStream);

impl Client {
    /// Connects.
    pub fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(stream))
    }

    /// Sends a request and waits for its reply: status and body.
    pub fn exchange(&mut self, request: &[u8]) -> Outcome<(u16, Vec<u8>)> {
        self.0.write_all(request)?;
        let mut bytes = Vec::new();
        let mut room = vec![0; ROOM];
        loop {
            let read = self.0.read(&mut room)?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            bytes.extend_from_slice(&room[..read]);
            if let Some(reply) = load::parse_reply(&bytes).during("reading a reply")? {
                bytes.truncate(reply.body.end);
                return Ok((reply.status, bytes.split_off(reply.body.start)));
            }
        }
    }

    /// The same where the status must be 200.
    pub fn ask(&mut self, request: &[u8]) -> Outcome<Vec<u8>> {
        match self.exchange(request)? {
            (200, body) => Ok(body),
            (status, body) => {
                let body = String::from_utf8_lossy(&body);
                Err(format!("status {status} instead of 200: {body}").into())
            }
        }
    }
}
