//! HTTP by hand: one connection, one request after another.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};

/// Longer than any answer takes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What bytes come and go on: a socket, or TLS over one.
trait Stream: Read + Write {
    fn end(&mut self) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn end(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl Stream for StreamOwned<ClientConnection, TcpStream> {
    fn end(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        self.flush()?;
        self.sock.shutdown(Shutdown::Write)
    }
}

/// A connection to a server.
pub struct Client {
    stream: BufReader<Box<dyn Stream + Send>>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Client {
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::over(TcpStream::connect(address)?)
    }

    pub fn over(stream: TcpStream) -> io::Result<Self> {
        set_options(&stream)?;
        Ok(Self { stream: BufReader::new(Box::new(stream)) })
    }

    /// Agrees on TLS first.
    pub fn over_tls(mut session: ClientConnection, mut stream: TcpStream) -> io::Result<Self> {
        set_options(&stream)?;
        while session.is_handshaking() {
            session.complete_io(&mut stream)?;
        }
        Ok(Self { stream: BufReader::new(Box::new(StreamOwned::new(session, stream))) })
    }

    /// Sends a request and reads the reply.
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Reply> {
        self.send(&request_text(method, path, headers, body))?;
        self.reply()
    }

    pub fn get(&mut self, path: &str) -> io::Result<Reply> {
        self.request("GET", path, &[], "")
    }

    /// Sends bytes, which need not be a request.
    pub fn send(&mut self, text: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(text.as_bytes())
    }

    /// Sends no more.
    pub fn end(&mut self) -> io::Result<()> {
        self.stream.get_mut().as_mut().end()
    }

    /// Reads a reply.
    pub fn reply(&mut self) -> io::Result<Reply> {
        let status_line = self.line()?;
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(status_line))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            match line.split_once(": ") {
                Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
                None if line.is_empty() => break,
                None => return Err(io::Error::other(line)),
            }
        }
        let mut reply = Reply { status, headers, body: String::new() };
        if reply.header("transfer-encoding") == Some("chunked") {
            // A stream of events has no end to wait for: its chunks are read as they come.
            if reply.header("content-type") != Some("text/event-stream") {
                reply.body = self.chunks()?;
            }
            return Ok(reply);
        }
        let length = reply.header("content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.stream.read_exact(&mut body)?;
        reply.body = String::from_utf8(body).map_err(io::Error::other)?;
        Ok(reply)
    }

    /// Reads a chunk of a body that comes in chunks; nothing once it has ended as it should.
    pub fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let size = self.line()?;
        let size = usize::from_str_radix(&size, 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; size];
        self.stream.read_exact(&mut chunk)?;
        self.line()?;
        Ok(Some(chunk).filter(|chunk| !chunk.is_empty()))
    }

    /// Reads all chunks of a body.
    fn chunks(&mut self) -> io::Result<String> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk()? {
            body.extend(chunk);
        }
        String::from_utf8(body).map_err(io::Error::other)
    }

    /// Whether the server closes the connection, and sends nothing before.
    pub fn is_closed(&mut self) -> bool {
        match self.stream.read(&mut [0]) {
            Ok(count) => count == 0,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

/// The bytes of a request.
pub fn request_text(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let (headers, length) = (headers.collect::<String>(), body.len());
    format!(
        "{method} {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\
         {headers}\r\n{body}"
    )
}

fn set_options(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))
}

/// HTTP Basic credentials.
pub fn basic(user_name: &str, api_key: &str) -> String {
    use base64::Engine as _;
    let text = format!("{user_name}:{api_key}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
}
