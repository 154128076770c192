//! Clients that go on whatever happens to the nodes and to the database.

use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use test_postgres::until;

use super::editor::{EditResult, Editor};
use super::nodes::ANSWERED_WITHIN;
use test_support::{Caller, OnDrop, Random};

/// How long a client leaves a node alone that could not do its work. Clients are told a second;
/// these are in a hurry to find out when it can again.
const PAUSE: Duration = Duration::from_millis(20);

/// What the clients have been told so far, all together.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub done: usize,
    pub nothing: usize,
    pub unknown: usize,
    /// Edits that were done, by node.
    pub done_on: [usize; 4],
}

/// Clients under way.
pub struct Load {
    counts: Mutex<Counts>,
    has_ended: AtomicBool,
}

impl Load {
    /// Has each editor edit its phone, each time on a node by chance, and look at it on another
    /// one, while `meanwhile` goes on.
    pub fn run<T>(
        editors: &mut [Editor],
        nodes: &[SocketAddr],
        random: &mut Random,
        meanwhile: impl FnOnce(&Self) -> T,
    ) -> T {
        let load = Self { counts: Mutex::default(), has_ended: AtomicBool::new(false) };
        thread::scope(|scope| {
            // Also if there is a panic, which would wait for the clients otherwise.
            let _end = OnDrop(|| load.end());
            for editor in editors {
                let (load, random) = (&load, random.split());
                let callers = nodes.iter().map(|_| None).collect();
                let client = Client { load, editor, nodes, callers, random };
                scope.spawn(move || client.run());
            }
            meanwhile(&load)
        })
    }

    pub fn counts(&self) -> Counts {
        *self.counts.lock().unwrap()
    }

    /// Waits until that many more edits were done.
    #[track_caller]
    pub fn wait_for_done(&self, more: usize) {
        let before = self.counts().done;
        until("edits are done", || self.goes_on() && self.counts().done >= before + more);
    }

    /// Waits until that many more edits were done on a node.
    #[track_caller]
    pub fn wait_for_done_on(&self, node: usize, more: usize) {
        let before = self.counts().done_on[node];
        until("edits are done", || self.goes_on() && self.counts().done_on[node] >= before + more);
    }

    /// Waits until that many more edits were refused, or have an outcome that is not known.
    #[track_caller]
    pub fn wait_for_refused(&self, more: usize) {
        let refused = || self.counts().nothing + self.counts().unknown;
        let before = refused();
        until("edits are refused", || self.goes_on() && refused() >= before + more);
    }

    /// Nobody waits for a client that has failed.
    fn goes_on(&self) -> bool {
        assert!(!self.has_ended(), "a client has failed");
        true
    }

    fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }

    fn end(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }
}

struct Client<'l> {
    load: &'l Load,
    editor: &'l mut Editor,
    nodes: &'l [SocketAddr],
    /// To each of the nodes, once connected.
    callers: Vec<Option<Caller>>,
    random: Random,
}

impl Client<'_> {
    fn run(mut self) {
        // If this client fails, all of them end.
        let load = self.load;
        let _end = OnDrop(|| load.end());
        while !load.has_ended() {
            let node = self.random.below(self.nodes.len());
            let other = (node + 1) % self.nodes.len();
            let is_well =
                matches!(self.edit(node), Ok(EditResult::Done)) && self.look(other).is_ok();
            if !is_well {
                thread::sleep(PAUSE);
            }
        }
    }

    fn edit(&mut self, node: usize) -> io::Result<EditResult> {
        let Self { editor, callers, nodes, .. } = self;
        let edited = editor.edit(connected(&mut callers[node], nodes[node], editor)?);
        if edited.is_err() {
            callers[node] = None;
        }
        let attempt = editor.attempts.last().expect("it was made just now");
        assert!(attempt.took < ANSWERED_WITHIN, "{attempt:?}");
        let mut counts = self.load.counts.lock().unwrap();
        match attempt.result {
            EditResult::Done => {
                counts.done += 1;
                counts.done_on[node] += 1;
            }
            EditResult::Nothing => counts.nothing += 1,
            EditResult::Unknown => counts.unknown += 1,
        }
        edited
    }

    fn look(&mut self, node: usize) -> io::Result<bool> {
        let Self { editor, callers, nodes, .. } = self;
        let caller = connected(&mut callers[node], nodes[node], editor)?;
        let begun = Instant::now();
        let looked = editor.look(caller);
        if looked.is_err() {
            callers[node] = None;
        }
        assert!(begun.elapsed() < ANSWERED_WITHIN, "a read took {:?}", begun.elapsed());
        looked
    }
}

fn connected<'c>(
    caller: &'c mut Option<Caller>,
    address: SocketAddr,
    editor: &Editor,
) -> io::Result<&'c mut Caller> {
    if caller.is_none() {
        *caller = Some(editor.caller(address)?);
    }
    Ok(caller.as_mut().expect("it is connected"))
}

/// The longest time in which no edit was done, of those after `since`.
pub fn longest_pause(editors: &[Editor], since: Instant) -> Duration {
    let attempts = editors.iter().flat_map(|editor| &editor.attempts);
    let done = attempts.filter(|attempt| attempt.result == EditResult::Done);
    let mut times: Vec<_> = done.map(|attempt| attempt.answered.max(since)).collect();
    times.push(since);
    times.sort_unstable();
    times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
}

/// The longest that an edit was on its way.
pub fn slowest(editors: &[Editor]) -> Duration {
    let attempts = editors.iter().flat_map(|editor| &editor.attempts);
    attempts.map(|attempt| attempt.took).max().unwrap_or_default()
}
