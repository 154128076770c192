//! One error type for a program whose errors are only ever printed.

use std::error::Error;
use std::fmt::Display;

/// The result of anything that can fail in the benchmark.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Says what was being done when an error came up.
pub trait During<T> {
    /// Puts `what` in front of the error's own words.
    fn during(self, what: impl Display) -> Outcome<T>;
}

impl<T, E: Display> During<T> for Result<T, E> {
    fn during(self, what: impl Display) -> Outcome<T> {
        self.map_err(|error| format!("{what}: {error}").into())
    }
}
