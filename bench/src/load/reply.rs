//! The least of HTTP/1.1 that reads a reply: status, `Content-Length`, body.

use std::fmt;
use std::ops::Range;

/// No reply of the API comes near this; more means that the other side is something else.
const HEAD_LIMIT: usize = 16 * 1024;

/// A whole reply, as places in the bytes it was read from.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Where the body is; it ends where the reply ends.
    pub body: Range<usize>,
}

/// Why bytes cannot be a reply.
#[derive(Debug, PartialEq, Eq)]
pub enum BadReply {
    /// The first line is not `HTTP/1.1` with a code.
    StatusLine,
    /// There is no readable `Content-Length`.
    NoLength,
    /// The head does not end.
    HeadTooLarge,
    /// There are bytes after the body, though nothing else was asked.
    Trailing,
}

impl fmt::Display for BadReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StatusLine => "the reply does not start with an HTTP/1.1 status line",
            Self::NoLength => "the reply has no Content-Length",
            Self::HeadTooLarge => "the head of the reply is larger than 16 KiB",
            Self::Trailing => "there are bytes after the end of the reply",
        })
    }
}

/// Reads the reply that `bytes` hold, or `None` while some of it is still to come.
pub fn parse(bytes: &[u8]) -> Result<Option<Reply>, BadReply> {
    let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if bytes.len() > HEAD_LIMIT { Err(BadReply::HeadTooLarge) } else { Ok(None) };
    };
    let mut lines = bytes[..head].split(|&byte| byte == b'\n');
    let status = status(lines.next().unwrap_or_default()).ok_or(BadReply::StatusLine)?;
    let length = lines.find_map(content_length).ok_or(BadReply::NoLength)?;
    let body = head + 4..head + 4 + length;
    match bytes.len() {
        len if len < body.end => Ok(None),
        len if len == body.end => Ok(Some(Reply { status, body })),
        _ => Err(BadReply::Trailing),
    }
}

fn status(line: &[u8]) -> Option<u16> {
    let code = line.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    std::str::from_utf8(code).ok()?.parse().ok()
}

fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    if !name.eq_ignore_ascii_case(NAME) {
        return None;
    }
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &[u8] =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

    #[test]
    fn every_split_of_a_reply_waits_for_the_rest() {
        for end in 0..REPLY.len() {
            assert_eq!(parse(&REPLY[..end]), Ok(None), "first {end} bytes");
        }
        let reply = parse(REPLY).unwrap().unwrap();
        assert_eq!((reply.status, &REPLY[reply.body]), (200, &b"hello"[..]));
    }

    #[test]
    fn an_empty_body_is_a_whole_reply() {
        let bytes = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length:0\r\n\r\n";
        let reply = parse(bytes).unwrap().unwrap();
        assert_eq!((reply.status, reply.body.len()), (503, 0));
    }

    #[test]
    fn what_is_not_a_plain_reply_is_refused() {
        let cases: [(&[u8], BadReply); 4] = [
            (b"SSH-2.0-x\r\n\r\n", BadReply::StatusLine),
            (b"HTTP/1.1 xyz\r\n\r\n", BadReply::StatusLine),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", BadReply::NoLength),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab", BadReply::Trailing),
        ];
        for (bytes, why) in cases {
            assert_eq!(parse(bytes), Err(why));
        }
        assert_eq!(parse(&vec![b'a'; HEAD_LIMIT + 1]), Err(BadReply::HeadTooLarge));
    }
}
