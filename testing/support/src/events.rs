//! A reader of Server-Sent Events.

use std::io;
use std::net::SocketAddr;

use serde_json::Value;

use super::client::{Client, Reply};

/// A stream of events.
pub struct Events {
    client: Client,
    /// What has come and is no whole event yet.
    pending: String,
}

/// What stands in a block of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    pub id: Option<String>,
    /// What the field `event` says.
    pub kind: String,
    pub data: Value,
    /// Whether it is a comment alone.
    pub is_comment: bool,
}

impl Events {
    /// Opens a stream; an answer that is none is an error.
    pub fn open(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> io::Result<Self> {
        let (reply, events) = Self::ask(address, path, headers)?;
        if reply.header("content-type") == Some("text/event-stream") {
            return Ok(events);
        }
        Err(io::Error::other(format!("{reply:?}")))
    }

    /// Asks for a stream and returns the head of the answer as well.
    pub fn ask(
        address: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> io::Result<(Reply, Self)> {
        let mut client = Client::connect(address)?;
        let headers = [headers, &[("Accept", "text/event-stream")]].concat();
        let reply = client.request("GET", path, &headers, "")?;
        Ok((reply, Self { client, pending: String::new() }))
    }

    /// The next block; nothing once the stream has ended as it should.
    pub fn next_block(&mut self) -> io::Result<Option<Event>> {
        loop {
            if let Some((block, rest)) = self.pending.split_once("\n\n") {
                let block = Event::read(block);
                self.pending = rest.to_owned();
                return Ok(Some(block));
            }
            let Some(chunk) = self.client.chunk()? else { return Ok(None) };
            self.pending.push_str(&String::from_utf8(chunk).map_err(io::Error::other)?);
        }
    }

    /// The next event: comments and the block that begins the stream are passed over.
    pub fn next_event(&mut self) -> io::Result<Option<Event>> {
        loop {
            match self.next_block()? {
                Some(block) if block.kind.is_empty() => {}
                block => return Ok(block),
            }
        }
    }
}

impl Event {
    fn read(block: &str) -> Self {
        let mut event = Self { is_comment: true, ..Self::default() };
        for line in block.lines() {
            let (field, value) = line.split_once(':').expect("a field and a value");
            let value = value.strip_prefix(' ').unwrap_or(value);
            event.is_comment &= field.is_empty();
            match field {
                "id" => event.id = Some(value.to_owned()),
                "event" => value.clone_into(&mut event.kind),
                "data" => event.data = serde_json::from_str(value).expect("JSON"),
                _ => {}
            }
        }
        event
    }
}
