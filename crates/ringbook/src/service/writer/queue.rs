//! The queues of the writer threads. This module must not know how a command is decided.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Instant;

use directory::AccountId;
use tokio::sync::oneshot;

use super::{Writer, deadline};
use crate::service::cache::CachedAccount;
use crate::service::replies::ReplySender;
use crate::service::{Authority, CommandRequest, Core, Failure, Outcome, Tenant};
use crate::store::{CommitError, Store};
use crate::thread::Thread;

/// Commands that may wait. More than one for each connection that the server takes.
const QUEUE_MAX: usize = 16_384;

/// A command that waits. Boxed, as the queue has room for all of its messages from the start, and as
/// it is moved from one list to the next.
pub type Job = Box<QueuedCommand>;

pub struct QueuedCommand {
    pub cached: Arc<CachedAccount>,
    /// Verified when the command is decided.
    pub authority: Authority,
    /// The command and how it is carried out.
    pub request: CommandRequest,
    pub queued_at: Instant,
    pub reply: oneshot::Sender<Result<Outcome, Failure>>,
}

pub enum Message {
    Job(Job),
    /// Bring a cached account to the version that the store has.
    Synchronize(Synchronize),
    /// Write something else.
    Write(Write),
}

/// A write that is not of a cached account. It gets the store, or why it is not tried, replies to its
/// caller, and returns whether it was done.
pub type Write = Box<dyn FnOnce(Result<&dyn Store, Failure>) -> bool + Send>;

/// An account to bring up to date, and where to reply when it is.
pub type Synchronize = (Arc<CachedAccount>, oneshot::Sender<Result<(), Failure>>);

/// The queues of the writer threads. Each account belongs to one thread, so that its commands are
/// decided one after the other. Dropping this lets the threads finish what was queued.
pub struct Queue {
    /// Dropping them ends the threads.
    senders: Vec<SyncSender<Message>>,
    replies: ReplySender,
    /// How many messages no thread has taken yet.
    waiting: Arc<AtomicUsize>,
    threads: Vec<Thread>,
}

impl Queue {
    pub fn start(core: &Arc<Core>) -> Self {
        let count = core.store.writers();
        let replies = ReplySender::default();
        let waiting = Arc::new(AtomicUsize::new(0));
        let (mut senders, mut threads) = (Vec::new(), Vec::new());
        for index in 0..count {
            let (sender, receiver) = sync_channel(QUEUE_MAX / count);
            let writer = Writer {
                core: Arc::clone(core),
                replies: replies.clone(),
                waiting: Arc::clone(&waiting),
            };
            let name = if count == 1 { "writer".into() } else { format!("writer-{index}") };
            senders.push(sender);
            threads.push(Thread::start(&name, move || writer.run(&receiver)));
        }
        Self { senders, replies, waiting, threads }
    }

    /// How many messages wait, and how many may.
    pub fn length(&self) -> (usize, usize) {
        (self.waiting.load(Ordering::Relaxed), QUEUE_MAX)
    }

    pub fn is_running(&self) -> bool {
        self.threads.iter().all(Thread::is_running)
    }

    /// Queues a command and waits until it is committed or refused.
    pub async fn execute(
        &self,
        Tenant(cached, authority): &Tenant,
        request: CommandRequest,
    ) -> Result<Outcome, Failure> {
        self.replies.set_runtime();
        let (reply, answer) = oneshot::channel();
        let (cached, authority, queued_at) = (Arc::clone(cached), *authority, Instant::now());
        let id = cached.id;
        let job = Box::new(QueuedCommand { cached, authority, request, queued_at, reply });
        self.send(id, Message::Job(job))?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Queues a write that is not of a cached account and gets its deadline, and waits for its
    /// outcome.
    pub async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&dyn Store, Instant) -> Result<T, CommitError> + Send + 'static,
    ) -> Result<T, Failure> {
        let (reply, answer) = oneshot::channel();
        let queued_at = Instant::now();
        let write: Write = Box::new(move |store| {
            let written = store.and_then(|store| Ok(write(store, deadline(queued_at))?));
            let is_done = written.is_ok();
            let _ = reply.send(written);
            is_done
        });
        self.send(AccountId(0), Message::Write(write))?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Waits until a cached account is at the version that the store has, or a later one.
    pub async fn synchronize(&self, cached: &Arc<CachedAccount>) -> Result<(), Failure> {
        let answer = self.start_to_synchronize(cached)?;
        answer.await.unwrap_or_else(|_| Err(Failure::Unavailable("the writer stopped".into())))
    }

    /// Starts to bring a cached account to the version that the store has. The receiver gets a reply
    /// when it is there.
    pub fn start_to_synchronize(
        &self,
        cached: &Arc<CachedAccount>,
    ) -> Result<oneshot::Receiver<Result<(), Failure>>, Failure> {
        let (reply, answer) = oneshot::channel();
        self.send(cached.id, Message::Synchronize((Arc::clone(cached), reply)))?;
        Ok(answer)
    }

    fn send(&self, account: AccountId, message: Message) -> Result<(), Failure> {
        let sender = &self.senders[account.0 as usize % self.senders.len()];
        // Counted before a thread can take it.
        self.waiting.fetch_add(1, Ordering::Relaxed);
        sender.try_send(message).map_err(|error| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            Failure::Unavailable(match error {
                TrySendError::Full(_) => "too many commands are waiting already".into(),
                TrySendError::Disconnected(_) => "the writer stopped".into(),
            })
        })
    }
}

/// What waiting callers get if a thread has panicked.
fn stopped() -> Failure {
    let why = "the writer stopped; whether the change was saved is not known";
    Failure::OutcomeUnknown(why.into())
}
