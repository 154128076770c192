//! The version of an account in the store now, for current reads. This module must not know what is
//! in an account.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use directory::AccountId;
use tokio::sync::oneshot;

use super::Failure;
use super::replies::ReplySender;
use crate::store::{ReadStore, Store};
use crate::thread::Thread;

/// Reads that may wait. More than one for each connection that the server takes.
const QUEUE_MAX: usize = 16_384;

/// Reads that share a query.
const GROUP_MAX: usize = 1024;

type Version = Result<Option<u64>, Failure>;

/// The versions in the store: those that it knows at once, and a thread that queries the others. All
/// reads that wait share a query: those that queue up during one query are answered by the next one.
pub struct Versions {
    store: Arc<dyn Store>,
    /// Dropping it ends the thread.
    sender: SyncSender<VersionQuery>,
    replies: ReplySender,
    _thread: Thread,
}

struct VersionQuery {
    id: AccountId,
    reply: oneshot::Sender<Version>,
}

impl Versions {
    pub fn start(store: &Arc<dyn Store>) -> Self {
        let (sender, receiver) = sync_channel(QUEUE_MAX);
        let replies = ReplySender::default();
        let thread_replies = replies.clone();
        let queried = Arc::clone(store);
        let thread = Thread::start("reader", move || run(&*queried, &receiver, &thread_replies));
        Self { store: Arc::clone(store), sender, replies, _thread: thread }
    }

    /// The version of an account as committed when this is called, or later.
    pub async fn get(&self, id: AccountId) -> Version {
        if let Some(version) = self.store.known_version(id) {
            return Ok(Some(version));
        }
        self.replies.set_runtime();
        let (reply, answer) = oneshot::channel();
        self.sender
            .try_send(VersionQuery { id, reply })
            .map_err(|_| Failure::Unavailable(format!("{QUEUE_MAX} reads are waiting already")))?;
        answer.await.unwrap_or_else(|_| Err(Failure::Unavailable("the reader stopped".into())))
    }
}

fn run(store: &dyn ReadStore, receiver: &Receiver<VersionQuery>, replies: &ReplySender) {
    while let Ok(first) = receiver.recv() {
        let mut queries = vec![first];
        queries.extend(receiver.try_iter().take(GROUP_MAX - 1));
        let mut ids: Vec<_> = queries.iter().map(|query| query.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = store.versions_of(&ids).map_err(Failure::from);
        let found: Result<HashMap<_, _>, _> = found.map(|found| ids.iter().zip(found).collect());
        let reply = |query: VersionQuery| {
            let version = match &found {
                Ok(versions) => Ok(versions.get(&query.id).copied().flatten()),
                Err(failure) => Err(failure.clone()),
            };
            (query.reply, version)
        };
        replies.send(queries.into_iter().map(reply).collect());
    }
}
