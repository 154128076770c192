//! A reader of the feed who comes and goes, and writers whose changes it must see.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use test_postgres::until;

use super::caller::Caller;
use super::client::{Client, basic};
use super::events::{Events, changes_path};
use super::home::Home;
use super::random::Random;
use super::server::Server;

/// How often a node is killed while everybody works.
const KILLS: usize = 3;

/// Changes that are read before a node is killed, before it is started again, and after that.
const CHANGES_BETWEEN: usize = 40;

/// Most changes that are read before the reader goes and comes again.
const CHANGES_AT_ONCE: usize = 12;

/// A reader of the feed of `acme`.
struct Follower<'t> {
    nodes: &'t [SocketAddr],
    credentials: String,
    /// Each change that it has seen, in the order in which it has.
    seen: Vec<Value>,
    after: u64,
    told: &'t AtomicUsize,
    random: Random,
}

impl Follower<'_> {
    /// Connects to one of the nodes, one way or the other, and reads for a while.
    fn read_a_while(&mut self) {
        let node = self.nodes[self.random.below(self.nodes.len())];
        let count = 1 + self.random.below(CHANGES_AT_ONCE);
        // A node that is gone is as good as one that the reader leaves.
        let _ = match self.random.below(3) {
            0 => self.poll(node, count).map(drop),
            1 => self.stream(node, count, false),
            _ => self.stream(node, count, true),
        };
    }

    /// Whether there may be more.
    fn poll(&mut self, node: SocketAddr, count: usize) -> io::Result<bool> {
        let mut client = Client::connect(node)?;
        let end = self.seen.len() + count;
        while self.seen.len() < end {
            let path = format!("/v1/changes?after={}&limit=5&wait_s=1", self.after);
            let credentials = self.credentials.clone();
            let reply = client.request("GET", &path, &[("Authorization", &credentials)], "")?;
            if reply.status == 503 {
                return Ok(true);
            }
            assert_eq!(reply.status, 200, "{reply:?}");
            let page: Value = serde_json::from_str(&reply.body).unwrap();
            let changes = page["changes"].as_array().unwrap();
            for change in changes {
                self.see(change.clone());
            }
            assert_eq!(page["next"], self.after);
            if changes.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn stream(&mut self, node: SocketAddr, count: usize, by_header: bool) -> io::Result<()> {
        let (last, credentials) = (self.after.to_string(), self.credentials.clone());
        let mut headers = vec![("Authorization", credentials.as_str())];
        let mut path = changes_path(Some(self.after));
        if by_header {
            headers.push(("Last-Event-ID", &last));
            path = changes_path(None);
        }
        let mut events = Events::open(node, &path, &headers)?;
        for _ in 0..count {
            let Some(event) = events.next_event()? else { return Ok(()) };
            assert_eq!((event.kind.as_str(), event.id), ("change", event.data["id"].as_u64()));
            self.see(event.data);
        }
        Ok(())
    }

    fn see(&mut self, change: Value) {
        self.after = change["id"].as_u64().unwrap();
        self.seen.push(change);
        self.told.store(self.seen.len(), Ordering::Relaxed);
    }
}

/// Changes a phone through one API or the other, on whichever node answers, until it is told to
/// stop.
fn write(nodes: &[SocketAddr], key: &str, writer: usize, mut random: Random, stop: &AtomicBool) {
    let credentials = basic("acme", key);
    let (number, name) = (format!("91{writer}"), format!("Agent-{writer}"));
    let mut edits = 0;
    while !stop.load(Ordering::Relaxed) {
        let node = nodes[random.below(nodes.len())];
        edits += 1;
        // What a node that is killed has done is told by the feed.
        let _ = if writer.is_multiple_of(2) {
            let body = json!({"name": format!("{name}.{edits}")}).to_string();
            let (path, headers) =
                (format!("/v1/phones/{number}"), [("Authorization", credentials.as_str())]);
            Client::connect(node)
                .and_then(|mut client| client.request("PATCH", &path, &headers, &body))
        } else {
            let phone = (number.as_str(), name.as_str());
            let (unassign, assign) = if edits % 2 == 0 { ("QA", "") } else { ("", "QA") };
            Caller::connect(node, "acme", key)
                .and_then(|mut caller| caller.reassign(phone, unassign, assign))
        };
    }
}

/// Writers work through all nodes, by both APIs, and a reader follows them: it goes away and
/// comes again at any moment, to any node, by long poll or by stream. Nodes are killed meanwhile.
/// It sees each change once and in order.
pub fn follow_through_kills(home: &Home, nodes_count: usize) {
    let mut random = Random::new();
    let key = home.account("acme", &[]);
    home.skills("acme", &["QA"]);
    for writer in 0..4 {
        let (number, name) = (format!("91{writer}"), format!("Agent-{writer}"));
        home.ok(&["phone", "create", "--account", "acme", &number, &name]);
    }
    let mut nodes: Vec<Server> = (0..nodes_count).map(|_| home.serve(&[])).collect();
    let addresses: Vec<_> = nodes.iter().map(|node| node.address).collect();
    let [stop, is_over] = [const { AtomicBool::new(false) }; 2];
    let told = AtomicUsize::new(0);
    let seen = thread::scope(|scope| {
        let (stop, is_over, told, addresses) = (Raise(&stop), Raise(&is_over), &told, &addresses);
        let (until_stop, until_over) = (stop.0, is_over.0);
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (random, key) = (random.split(), key.as_str());
                scope.spawn(move || write(addresses, key, writer, random, until_stop))
            })
            .collect();
        let mut follower = Follower {
            nodes: addresses,
            credentials: basic("acme", &key),
            seen: Vec::new(),
            after: 0,
            told,
            random: random.split(),
        };
        let reader = scope.spawn(move || {
            while !until_over.load(Ordering::Relaxed) {
                follower.read_a_while();
            }
            follower
        });
        let wait_for = |more: usize| {
            let end = told.load(Ordering::Relaxed) + more;
            until("changes are read", || {
                told.load(Ordering::Relaxed) >= end || reader.is_finished()
            });
            assert!(!reader.is_finished(), "the reader has failed");
        };
        for kill in 0..KILLS {
            wait_for(CHANGES_BETWEEN);
            let node = kill % nodes.len();
            nodes[node].kill();
            if nodes.len() > 1 {
                wait_for(CHANGES_BETWEEN);
            }
            nodes[node] = home.serve(&["--listen", &addresses[node].to_string()]);
        }
        wait_for(CHANGES_BETWEEN);
        // It is not left waiting for what nobody writes any more.
        drop(is_over);
        let mut follower = reader.join().unwrap();
        drop(stop);
        for writer in writers {
            writer.join().unwrap();
        }
        while follower.poll(addresses[0], 1).unwrap() {}
        follower.seen
    });
    let ids: Vec<_> = seen.iter().map(|change| change["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (1..=seen.len() as u64).collect::<Vec<_>>(), "each once and in order");
    for node in &nodes {
        assert!(history(node.address, &key) == seen, "what was followed is what the history has");
    }
    home.check();
}

/// The whole history as a node tells it, oldest first.
fn history(node: SocketAddr, key: &str) -> Vec<Value> {
    let (mut client, credentials) = (Client::connect(node).unwrap(), basic("acme", key));
    let mut changes = Vec::new();
    loop {
        let path = format!("/v1/changes?after={}&limit=1000", changes.len());
        let reply = client.request("GET", &path, &[("Authorization", &credentials)], "").unwrap();
        let mut page: Value = serde_json::from_str(&reply.body).unwrap();
        match page["changes"].take() {
            Value::Array(more) if !more.is_empty() => changes.extend(more),
            Value::Array(_) => return changes,
            other => panic!("{other}: {reply:?}"),
        }
    }
}

/// Raises a flag when it is dropped, also when an assertion has failed.
struct Raise<'f>(&'f AtomicBool);

impl Drop for Raise<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
