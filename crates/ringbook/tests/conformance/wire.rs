//! HTTP/1.1 by hand, so that nothing is between the test and the bytes.

use std::fmt;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A reply takes milliseconds.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A response as it came.
pub struct RawResponse {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl RawResponse {
    /// The values of a header, its name in any case.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a header that is there once.
    pub fn single(&self, name: &str) -> Option<&str> {
        match self.header(name)[..] {
            [value] => Some(value),
            _ => None,
        }
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let mut lines = str::from_utf8(&bytes[..end]).ok()?.split("\r\n");
        let (version, status) = lines.next()?.split_once(' ')?;
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_owned(), value.to_owned()))
        });
        Some(Self {
            status: status.get(..3).filter(|_| version == "HTTP/1.1")?.parse().ok()?,
            headers: headers.collect::<Option<_>>()?,
            body: bytes[end + 4..].to_owned(),
        })
    }
}

impl fmt::Display for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "< {}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "< {name}: {value}")?;
        }
        write!(f, "<\n< {}", String::from_utf8_lossy(&self.body))
    }
}

/// The bytes of a request: method and path, headers, and a body, in chunks or with its length.
pub fn request<'a>(
    (method, path): (&str, &str),
    headers: impl Iterator<Item = (&'a str, String)>,
    body: Option<Vec<u8>>,
    chunk_bytes: Option<usize>,
) -> Vec<u8> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: ringbook.test\r\n").into_bytes();
    for (name, value) in headers {
        request.extend(format!("{name}: {value}\r\n").bytes());
    }
    request.extend(b"Connection: close\r\n");
    match (body, chunk_bytes) {
        (None, _) => request.extend(b"\r\n"),
        (Some(body), None) => {
            request.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
            request.extend(body);
        }
        (Some(body), Some(chunk_bytes)) => {
            request.extend(b"Transfer-Encoding: chunked\r\n\r\n");
            for chunk in body.chunks(chunk_bytes) {
                request.extend(format!("{:x}\r\n", chunk.len()).bytes());
                request.extend(chunk);
                request.extend(b"\r\n");
            }
            request.extend(b"0\r\n\r\n");
        }
    }
    request
}

/// Sends a request on a connection of its own and reads to the end of that connection, so that
/// a byte too many is seen.
pub fn exchange(address: SocketAddr, request: &[u8]) -> RawResponse {
    let mut stream = TcpStream::connect(address).expect("the server accepts");
    stream.set_read_timeout(Some(READ_TIMEOUT)).expect("a timeout can be set");
    let mut writer = stream.try_clone().expect("a second handle");
    let mut answer = Vec::new();
    let read = std::thread::scope(|scope| {
        // A server may answer, and close, before it has read a body that is too large: what
        // becomes of the rest does not matter.
        scope.spawn(move || drop(writer.write_all(request)));
        stream.read_to_end(&mut answer)
    });
    if let Err(error) = read {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "reading the response: {error}");
    }
    RawResponse::parse(&answer)
        .unwrap_or_else(|| panic!("no HTTP response: {}", answer.escape_ascii()))
}
