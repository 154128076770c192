//! Threads that are joined when their owner drops them.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// A running thread. Dropping it waits for its end, so its owner drops what the thread waits for
/// before: a field of a struct is dropped before the ones below it.
pub struct Thread {
    /// Dropping it ends a thread that looks.
    looking: Option<Sender<()>>,
    running: Option<JoinHandle<()>>,
}

/// What a thread that looks waits for.
pub struct Looking(Receiver<()>);

impl Thread {
    pub fn start(name: &str, run: impl FnOnce() + Send + 'static) -> Self {
        let thread = Builder::new().name(name.into()).spawn(run);
        Self { looking: None, running: Some(thread.expect("a thread can be started")) }
    }

    /// A thread that looks now and then, until this is dropped.
    pub fn looking(name: &str, run: impl FnOnce(&Looking) + Send + 'static) -> Self {
        let (looking, until) = channel();
        let mut thread = Self::start(name, move || run(&Looking(until)));
        thread.looking = Some(looking);
        thread
    }

    /// Whether it has not ended, by a panic for example.
    pub fn is_running(&self) -> bool {
        self.running.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Looking {
    /// Waits for the next look. Returns whether there is one.
    pub fn wait(&self, pause: Duration) -> bool {
        self.0.recv_timeout(pause) == Err(RecvTimeoutError::Timeout)
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.looking = None;
        if let Some(thread) = self.running.take() {
            // A panic was reported when it happened.
            let _ = thread.join();
        }
    }
}
