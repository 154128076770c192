//! Which version of an account the store has now: what makes a read current.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use directory::AccountId;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::Failure;
use super::answers::Answers;
use crate::store::{Store, StoreError};

/// Reads that may wait. More than one for each connection that the server takes.
const QUEUE_MAX: usize = 16_384;

/// Other questions that are asked at a time. Anybody can ask whether there is an account of some
/// name, so these leave most of a node's connections to those who have shown their credentials.
pub(super) const ASKED_AT_ONCE: usize = 2;

/// How long such a question may wait until it is asked.
const TURN_WITHIN: Duration = Duration::from_millis(300);

/// The same for a question that takes long. With what it takes itself, the caller is answered
/// within a few seconds.
const LONG_TURN_WITHIN: Duration = Duration::from_secs(2);

/// Reads that are answered at once.
const GROUP_MAX: usize = 1024;

type Version = Result<Option<u64>, Failure>;

/// Asks the store for versions.
pub enum Versions {
    /// A store in a file answers within microseconds, so each read asks by itself.
    Local(Arc<dyn Store>),
    /// Over a network, all reads that wait ask together: what queues up during one question is
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

/// The thread that asks. Dropping it lets the thread end.
pub struct Reader {
    sender: Option<SyncSender<Question>>,
    answers: Answers,
    thread: Option<JoinHandle<()>>,
}

struct Question {
    id: AccountId,
    reply: oneshot::Sender<Version>,
}

impl Reader {
    fn start(store: Arc<dyn Store>) -> Self {
        let (sender, receiver) = sync_channel(QUEUE_MAX);
        let answers = Answers::default();
        let sends = answers.clone();
        let thread = std::thread::Builder::new()
            .name("reader".into())
            .spawn(move || run(&*store, &receiver, &sends))
            .expect("a thread can be started");
        Self { sender: Some(sender), answers, thread: Some(thread) }
    }

    async fn get(&self, id: AccountId) -> Version {
        self.answers.wait_here();
        let (reply, answer) = oneshot::channel();
        let sender = self.sender.as_ref().expect("there until it is dropped");
        sender
            .try_send(Question { id, reply })
            .map_err(|_| Failure::Unavailable(format!("{QUEUE_MAX} reads are waiting already")))?;
        answer.await.unwrap_or_else(|_| Err(Failure::Unavailable("the reader stopped".into())))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            // A panic was reported when it happened.
            let _ = thread.join();
        }
    }
}

fn run(store: &dyn Store, receiver: &Receiver<Question>, answers: &Answers) {
    while let Ok(first) = receiver.recv() {
        let mut questions = vec![first];
        questions.extend(receiver.try_iter().take(GROUP_MAX - 1));
        let mut ids: Vec<_> = questions.iter().map(|question| question.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = store.versions_of(&ids).map_err(Failure::from);
        let found: Result<HashMap<_, _>, _> = found.map(|found| ids.iter().zip(found).collect());
        let answer = |question: Question| {
            let version = match &found {
                Ok(versions) => Ok(versions.get(&question.id).copied().flatten()),
                Err(failure) => Err(failure.clone()),
            };
            (question.reply, version)
        };
        answers.send(questions.into_iter().map(answer).collect());
    }
}

impl super::Service {
    /// Asks the store something, off the threads that serve unless it is answered at once.
    pub(super) async fn ask<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        if self.store.is_local() {
            return question(&*self.store);
        }
        self.ask_in_turn(&self.asking, TURN_WITHIN, question).await
    }

    /// Asks what takes up to a second, always off the threads that serve, and one at a time, so
    /// that those who ask it are in nobody's way but their own.
    pub(super) async fn ask_at_length<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.ask_in_turn(&self.asking_at_length, LONG_TURN_WITHIN, question).await
    }

    async fn ask_in_turn<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        turns: &Arc<Semaphore>,
        within: Duration,
        question: impl FnOnce(&dyn Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let turn = timeout(within, Arc::clone(turns).acquire_owned()).await;
        let Ok(turn) = turn else {
            return Err(StoreError::Away("too many are asking it already".into()).into());
        };
        let store = Arc::clone(&self.store);
        let asked = tokio::task::spawn_blocking(move || {
            // For as long as the question is asked, also if nobody waits for the answer any more.
            let _turn = turn;
            question(&*store)
        });
        let asked = asked.await;
        asked.unwrap_or_else(|_| Err(StoreError::Engine("asking it failed".into()).into()))
    }
}
