//! The version of an account in the store now, for current reads. This module must not know what is
//! in an account.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use directory::AccountId;
use tokio::sync::oneshot;

use super::Failure;
use super::replies::ReplySender;
use crate::store::Store;
use crate::thread::Thread;

/// Reads that may wait. More than one for each connection that the server takes.
const QUEUE_MAX: usize = 16_384;

/// Reads that share a query.
const GROUP_MAX: usize = 1024;

type Version = Result<Option<u64>, Failure>;

pub enum Versions {
    /// A store in a file answers within microseconds, so each read queries it by itself.
    Local(Arc<dyn Store>),
    /// Over a network, all reads that wait share a query: those that queue up during one query are
    /// answered by the next one.
    Grouped(Reader),
}

impl Versions {
    pub fn of(store: &Arc<dyn Store>) -> Self {
        if store.is_local() {
            Self::Local(Arc::clone(store))
        } else {
            Self::Grouped(Reader::start(Arc::clone(store)))
        }
    }

    /// The version of an account as committed when this is called, or later.
    pub async fn get(&self, id: AccountId) -> Version {
        match self {
            Self::Local(store) => Ok(store.versions_of(&[id])?[0]),
            Self::Grouped(reader) => reader.get(id).await,
        }
    }
}

/// The thread that queries. Dropping it lets the thread end.
pub struct Reader {
    /// Dropping it ends the thread.
    sender: SyncSender<VersionQuery>,
    replies: ReplySender,
    _thread: Thread,
}

struct VersionQuery {
    id: AccountId,
    reply: oneshot::Sender<Version>,
}

impl Reader {
    fn start(store: Arc<dyn Store>) -> Self {
        let (sender, receiver) = sync_channel(QUEUE_MAX);
        let replies = ReplySender::default();
        let thread_replies = replies.clone();
        let thread = Thread::start("reader", move || run(&*store, &receiver, &thread_replies));
        Self { sender, replies, _thread: thread }
    }

    async fn get(&self, id: AccountId) -> Version {
        self.replies.set_runtime();
        let (reply, answer) = oneshot::channel();
        self.sender
            .try_send(VersionQuery { id, reply })
            .map_err(|_| Failure::Unavailable(format!("{QUEUE_MAX} reads are waiting already")))?;
        answer.await.unwrap_or_else(|_| Err(Failure::Unavailable("the reader stopped".into())))
    }
}

fn run(store: &dyn Store, receiver: &Receiver<VersionQuery>, replies: &ReplySender) {
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
