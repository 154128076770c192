//! The readers: those who follow the changes of an account, in each of the two ways.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::stream::Stream;
use crate::client::Client;
use crate::error::{During, Outcome};
use crate::fixture::Account;
use crate::server::Server;

/// How long a reader waits for a change before it is taken for lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same in the words of a long poll.
const WAIT_S: u64 = PATIENCE.as_secs();

/// How long it waits for one too many, when it has them all.
const LINGER: Duration = Duration::from_millis(300);

/// How a feed is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By Server-Sent Events.
    Stream,
    /// By one request after the other, each of which waits for a change.
    Poll,
}

/// A change as a reader has it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When.
    pub at: Instant,
    /// The change.
    pub change: Change,
}

/// What is looked at of a change.
#[derive(Clone, Debug, Deserialize)]
pub struct Change {
    /// Its number in the account.
    pub id: u64,
    /// The id of the phone.
    #[serde(default)]
    pub phone: String,
    /// What the phone is from then on.
    pub after: Option<After>,
}

/// What a phone is after a change.
#[derive(Clone, Debug, Deserialize)]
pub struct After {
    /// Its number.
    #[serde(default)]
    pub number: String,
}

#[derive(Deserialize)]
struct Page {
    changes: Vec<Change>,
}

/// One who follows.
#[derive(Debug)]
pub enum Reader {
    /// By a stream that is open.
    Stream(Stream),
    /// By long poll.
    Poll {
        /// The connection.
        client: Client,
        /// Whose changes.
        account: Account,
        /// The last change that was seen.
        after: u64,
    },
}

impl Way {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Stream, Self::Poll];

    /// The way in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Stream => "Server-Sent Events",
            Self::Poll => "long poll",
        }
    }
}

impl Reader {
    /// Begins to follow an account's changes after one.
    pub fn open(way: Way, address: SocketAddr, account: &Account, after: u64) -> Outcome<Self> {
        Ok(match way {
            Way::Stream => {
                let request = request(account, &format!("after={after}"), "text/event-stream");
                Self::Stream(Stream::open(address, &request, PATIENCE)?)
            }
            Way::Poll => {
                let client = Client::connect(address)?;
                Self::Poll { client, account: account.clone(), after }
            }
        })
    }

    /// Follows until there were so many changes, and a little longer.
    pub fn follow(mut self, changes: usize) -> Outcome<Vec<Seen>> {
        let mut seen = Vec::with_capacity(changes);
        while seen.len() < changes {
            let more = self.next(WAIT_S)?;
            if more.is_empty() {
                let count = seen.len();
                return Err(
                    format!("{count} of {changes} changes came, the next one did not").into()
                );
            }
            seen.extend(more);
        }
        match &mut self {
            Self::Stream(stream) => stream.set_patience(LINGER)?,
            Self::Poll { .. } => thread::sleep(LINGER),
        }
        seen.extend(self.next(0)?);
        Ok(seen)
    }

    /// The changes that come next, or none in time.
    fn next(&mut self, wait_s: u64) -> Outcome<Vec<Seen>> {
        let (at, changes) = match self {
            Self::Stream(stream) => {
                let data = stream.next()?;
                let at = Instant::now();
                let read = |text: &String| serde_json::from_str(text).during(text);
                (at, data.iter().map(read).collect::<Outcome<_>>()?)
            }
            Self::Poll { client, account, after } => {
                let query = format!("after={after}&wait_s={wait_s}&limit=1000");
                let body = client.ask(&request(account, &query, "application/json"))?;
                let at = Instant::now();
                let Page { changes } = serde_json::from_slice(&body)?;
                *after = changes.last().map_or(*after, |change| change.id);
                (at, changes)
            }
        };
        Ok(changes.into_iter().map(|change| Seen { at, change }).collect())
    }
}

/// The newest change of an account.
pub fn newest(server: &Server, account: &Account) -> Outcome<u64> {
    let (body, _) = server.ask(&request(account, "limit=1", "application/json"))?;
    let Page { changes } = serde_json::from_slice(&body)?;
    Ok(changes.first().map_or(0, |change| change.id))
}

fn request(account: &Account, query: &str, accept: &str) -> Vec<u8> {
    let authorization = account.authorization();
    format!(
        "GET /v1/changes?{query} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\
         Authorization: {authorization}\r\n\r\n"
    )
    .into_bytes()
}
