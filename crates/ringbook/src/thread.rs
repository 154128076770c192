//! Threads that are joined when their owner drops them.

use std::thread::{Builder, JoinHandle};

/// A running thread. Dropping it waits for its end, so its owner drops what the thread waits for
/// before: a field of a struct is dropped before the ones below it.
pub struct Thread(Option<JoinHandle<()>>);

impl Thread {
    pub fn start(name: &str, run: impl FnOnce() + Send + 'static) -> Self {
        let thread = Builder::new().name(name.into()).spawn(run);
        Self(Some(thread.expect("a thread can be started")))
    }

    /// Whether it has not ended, by a panic for example.
    pub fn is_running(&self) -> bool {
        self.0.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // A panic was reported when it happened.
            let _ = thread.join();
        }
    }
}
