//! One error type for a program that only prints its errors.

use std::error::Error;
use std::fmt::Display;

/// The result of anything that can fail in the benchmark.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Adds what was being done to an error.
pub trait Context<T> {
    /// Puts `what` in front of the error's message.
    fn context(self, what: impl Display) -> Outcome<T>;
}

impl<T, E: Display> Context<T> for Result<T, E> {
    fn context(self, what: impl Display) -> Outcome<T> {
        self.map_err(|error| format!("{what}: {error}").into())
    }
}
