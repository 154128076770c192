//! The line to a store, which can be cut.

use std::borrow::Borrow;
use std::sync::{Arc, Condvar, Mutex};

use directory::AccountId;
use ringbook::store::{Decorator, Store, StoreError};

/// A store that can be away, or not answer at all. Clones share the line.
#[derive(Clone)]
pub struct Line {
    inner: Arc<dyn Store>,
    state: Arc<(Mutex<LineState>, Condvar)>,
}

/// Whether the store answers.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum LineState {
    #[default]
    There,
    Away,
    Hanging,
}

impl Line {
    pub fn to(inner: Arc<dyn Store>) -> Self {
        Self { inner, state: Arc::default() }
    }

    pub fn set(&self, state: LineState) {
        *self.state.0.lock().unwrap() = state;
        self.state.1.notify_all();
    }
}

impl Decorator for Line {
    fn inner(&self) -> &dyn Store {
        &*self.inner
    }

    fn known(&self, _: AccountId) -> Option<u64> {
        None
    }

    fn run<T, E: Borrow<StoreError> + From<StoreError>>(
        &self,
        operation: impl FnOnce(&dyn Store) -> Result<T, E>,
    ) -> Result<T, E> {
        let state = self.state.0.lock().unwrap();
        let state = self.state.1.wait_while(state, |state| *state == LineState::Hanging).unwrap();
        if *state == LineState::Away {
            return Err(StoreError::Away("its line is cut".into()).into());
        }
        drop(state);
        operation(self.inner())
    }
}
