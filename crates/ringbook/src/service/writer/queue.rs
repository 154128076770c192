//! The way to the threads that write.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use directory::Command;
use tokio::sync::oneshot;

use super::{Idempotency, Writer};
use crate::service::accounts::{Accounts, Cell};
use crate::service::answers::Answers;
use crate::service::{Failure, Outcome};
use crate::store::{Origin, Store};

/// Commands that may wait. More than one for each connection that the server takes.
const QUEUE_MAX: usize = 16_384;

/// A command that waits.
pub struct Job {
    /// The account that it is for.
    pub cell: Arc<Cell>,
    /// What is asked of it.
    pub asks: Asks,
    /// Since when it waits.
    pub queued_at: Instant,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<Outcome, Failure>>,
}

/// A command and how it is to be carried out.
pub struct Asks {
    /// What to decide.
    pub command: Command,
    /// Who asks, when, in which request.
    pub origin: Origin,
    /// Whether the outcome shall have the changes themselves.
    pub tells_changes: bool,
    /// If it is to be carried out once.
    pub idempotency: Option<Idempotency>,
}

/// What a writer is asked.
pub enum Message {
    /// Boxed, as the queue has room for all of its messages from the start.
    Job(Box<Job>),
    /// Bring the memory of an account to what the store has.
    Synchronize(Synchronize),
}

/// An account to bring up to date, and where to say that it is.
pub type Synchronize = (Arc<Cell>, oneshot::Sender<Result<(), Failure>>);

/// The way to the threads that write. Each account has one of them, so that its commands are
/// decided one after the other. Dropping it lets the threads finish what was queued.
pub struct Queue {
    senders: Vec<SyncSender<Message>>,
    answers: Answers,
    /// How many messages no thread has taken yet.
    waiting: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Queue {
    /// Starts the threads.
    pub fn start(store: &Arc<dyn Store>, accounts: &Arc<Accounts>) -> Self {
        let count = store.writers();
        let answers = Answers::default();
        let waiting = Arc::new(AtomicUsize::new(0));
        let (mut senders, mut threads) = (Vec::new(), Vec::new());
        for index in 0..count {
            let (sender, receiver) = sync_channel(QUEUE_MAX / count);
            let writer = Writer {
                store: Arc::clone(store),
                accounts: Arc::clone(accounts),
                answers: answers.clone(),
                waiting: Arc::clone(&waiting),
            };
            let name = if count == 1 { "writer".into() } else { format!("writer-{index}") };
            let thread = std::thread::Builder::new()
                .name(name)
                .spawn(move || writer.run(&receiver))
                .expect("a thread can be started");
            senders.push(sender);
            threads.push(thread);
        }
        Self { senders, answers, waiting, threads }
    }

    /// How many messages wait, of how many that may.
    pub fn length(&self) -> (usize, usize) {
        (self.waiting.load(Ordering::Relaxed), QUEUE_MAX)
    }

    /// Whether all threads still run.
    pub fn is_running(&self) -> bool {
        !self.threads.iter().any(JoinHandle::is_finished)
    }

    /// Queues a command and waits until it is committed or refused.
    pub async fn execute(&self, cell: &Arc<Cell>, asks: Asks) -> Result<Outcome, Failure> {
        self.answers.wait_here();
        let (reply, answer) = oneshot::channel();
        let (cell, queued_at) = (Arc::clone(cell), Instant::now());
        let id = cell.id;
        self.send(id, Message::Job(Box::new(Job { cell, asks, queued_at, reply })))?;
        answer.await.unwrap_or_else(|_| {
            Err(Failure::OutcomeUnknown(
                "the writer stopped; whether the change was saved is not known".into(),
            ))
        })
    }

    /// Waits until the memory of an account is at what the store has.
    pub async fn synchronize(&self, cell: &Arc<Cell>) -> Result<(), Failure> {
        let answer = self.start_to_synchronize(cell)?;
        answer.await.unwrap_or_else(|_| Err(Failure::Unavailable("the writer stopped".into())))
    }

    /// Asks for the memory of an account to be brought to what the store has.
    pub fn start_to_synchronize(
        &self,
        cell: &Arc<Cell>,
    ) -> Result<oneshot::Receiver<Result<(), Failure>>, Failure> {
        let (reply, answer) = oneshot::channel();
        self.send(cell.id, Message::Synchronize((Arc::clone(cell), reply)))?;
        Ok(answer)
    }

    fn send(&self, account: directory::AccountId, message: Message) -> Result<(), Failure> {
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

impl Drop for Queue {
    fn drop(&mut self) {
        self.senders.clear();
        for thread in self.threads.drain(..) {
            // A panic was reported when it happened.
            let _ = thread.join();
        }
    }
}
