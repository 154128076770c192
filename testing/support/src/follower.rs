//! A reader of the feed who comes and goes, and writers whose changes it must see.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::caller::Caller;
use super::client::{Client, basic};
use super::events::Events;
use super::home::Home;
use super::on_drop::OnDrop;
use super::random::Random;
use super::server::Server;

/// How often a node is killed while everybody works.
const KILLS: usize = 3;

/// Changes that are read before a node is killed, before it is started again, and after that.
const CHANGES_BETWEEN: usize = 40;

/// Most changes that are read before the reader goes and comes again.
const CHANGES_AT_ONCE: usize = 12;

/// Longer than any change takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A reader of the feed of `acme`.
struct Follower<'t> {
    nodes: &'t [SocketAddr],
    credentials: String,
    /// Each change that it has read, in this order.
    read: Vec<Value>,
    /// Receives an item for each of them.
    progress: Sender<()>,
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
        let end = self.read.len() + count;
        while self.read.len() < end {
            let page = page(&mut client, &self.credentials, &self.cursor(), "limit=5&wait_s=1")?;
            let Some(changes) = page else { return Ok(true) };
            if changes.is_empty() {
                return Ok(false);
            }
            for change in changes {
                self.add(change);
            }
        }
        Ok(true)
    }

    fn stream(&mut self, node: SocketAddr, count: usize, by_header: bool) -> io::Result<()> {
        let (last, credentials) = (self.cursor(), self.credentials.clone());
        let mut headers = vec![("Authorization", credentials.as_str())];
        let mut path = format!("/v1/feed?cursor={last}");
        if by_header {
            headers.push(("Last-Event-ID", &last));
            "/v1/feed?cursor=now".clone_into(&mut path);
        }
        let mut events = Events::open(node, &path, &headers)?;
        for _ in 0..count {
            let Some(event) = events.next_event()? else { return Ok(()) };
            assert_eq!((&*event.kind, event.id.as_deref()), ("change", event.data["id"].as_str()));
            self.add(event.data);
        }
        Ok(())
    }

    fn add(&mut self, change: Value) {
        self.read.push(change);
        // Nobody counts the last ones.
        let _ = self.progress.send(());
    }

    /// The last change that it has read.
    fn cursor(&self) -> String {
        self.read.last().map_or("c0", |change| change["id"].as_str().unwrap()).to_owned()
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
    let mut follower = thread::scope(|scope| {
        // Also if an assertion fails.
        let end = OnDrop(|| is_over.store(true, Ordering::Relaxed));
        let _stop = OnDrop(|| stop.store(true, Ordering::Relaxed));
        for writer in 0..4 {
            let (addresses, key, random, stop) = (&addresses, &key, random.split(), &stop);
            scope.spawn(move || write(addresses, key, writer, random, stop));
        }
        let (progress, changes) = channel();
        let (credentials, random) = (basic("acme", &key), random.split());
        let mut follower =
            Follower { nodes: &addresses, credentials, read: Vec::new(), progress, random };
        let is_over = &is_over;
        let reader = scope.spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                follower.read_a_while();
            }
            follower
        });
        let wait_for_changes = || {
            changes.try_iter().for_each(drop);
            for _ in 0..CHANGES_BETWEEN {
                changes.recv_timeout(PATIENCE).expect("the reader goes on");
            }
        };
        for kill in 0..KILLS {
            wait_for_changes();
            let node = kill % nodes.len();
            nodes[node].kill();
            if nodes.len() > 1 {
                wait_for_changes();
            }
            nodes[node] = home.serve(&["--listen", &addresses[node].to_string()]);
        }
        wait_for_changes();
        // The reader ends before the writers, or it would wait for changes that nobody makes.
        drop(end);
        reader.join().unwrap()
    });
    while follower.poll(addresses[0], 1).unwrap() {}
    let read = follower.read;
    let ids: Vec<_> = read.iter().map(|change| change["id"].as_str().unwrap()).collect();
    let expected: Vec<_> = (1..=read.len()).map(|version| format!("c{version}")).collect();
    assert_eq!(ids, expected, "each once and in order");
    for node in &nodes {
        assert!(history(node.address, &key) == read, "what was read is what the history has");
    }
    home.check();
}

/// A page of changes; none from a node that is not ready.
fn page(
    client: &mut Client,
    credentials: &str,
    cursor: &str,
    parameters: &str,
) -> io::Result<Option<Vec<Value>>> {
    let path = format!("/v1/feed?cursor={cursor}&{parameters}");
    let reply = client.request("GET", &path, &[("Authorization", credentials)], "")?;
    if reply.status == 503 {
        return Ok(None);
    }
    assert_eq!(reply.status, 200, "{reply:?}");
    let mut page: Value = serde_json::from_str(&reply.body).unwrap();
    let Value::Array(changes) = page["items"].take() else { panic!("{reply:?}") };
    assert_eq!(&page["next"], changes.last().map_or(&json!(cursor), |change| &change["id"]));
    Ok(Some(changes))
}

/// The whole history as a node has it, oldest first.
fn history(node: SocketAddr, key: &str) -> Vec<Value> {
    let (mut client, credentials) = (Client::connect(node).unwrap(), basic("acme", key));
    let mut changes = Vec::new();
    loop {
        let cursor = format!("c{}", changes.len());
        let page = page(&mut client, &credentials, &cursor, "limit=1000").unwrap();
        let more = page.expect("the node is ready");
        if more.is_empty() {
            return changes;
        }
        changes.extend(more);
    }
}
