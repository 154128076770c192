//! What was told of a list, kept beside it as long as it is published. This module must not know what it
//! says.

use std::sync::OnceLock;

use axum::body::Bytes;

use super::board::Size;

/// How many ways there are to tell it.
const WAYS: usize = 8;

/// The longest part of a question with which an answer is kept.
const REPEATED_BYTES_MAX: usize = 80;

/// What is told of whom to ring.
#[derive(Debug, Clone)]
pub struct Told {
    /// The answer.
    pub text: Bytes,
    /// How many entries of a list are in it, and how many there are.
    pub shown: [usize; 2],
    /// How the decision ended, in a word.
    pub outcome: &'static str,
}

/// What an answer repeats of the question, and the answer.
type Answer = (Box<str>, Told);

/// What was told of a list: the first answer in each way, with what it repeats of the question.
#[derive(Debug)]
pub struct Kept {
    answers: [OnceLock<Box<Answer>>; WAYS],
    is_steady: bool,
    size: Size,
}

impl Kept {
    /// Nothing was told yet. Answers are kept only if the same phones ring at all times. They count as
    /// the memory of their list.
    pub fn new(is_steady: bool, size: Size) -> Self {
        Self { answers: Default::default(), is_steady, size }
    }

    /// About how many bytes of memory the list and its answers take.
    pub fn bytes(&self) -> usize {
        self.size.bytes()
    }

    /// The answer in that way, made unless it is kept.
    pub fn told<E>(
        &self,
        way: usize,
        repeated: &str,
        make: impl FnOnce() -> Result<Told, E>,
    ) -> Result<Told, E> {
        let answer = &self.answers[way];
        if let Some(kept) = answer.get().filter(|kept| *kept.0 == *repeated) {
            return Ok(kept.1.clone());
        }
        let told = make()?;
        let is_kept = self.is_steady && repeated.len() <= REPEATED_BYTES_MAX;
        if is_kept && answer.get().is_none() && self.size.grow(told.text.len()) {
            // The buffer that it was written into is larger.
            let text = Bytes::copy_from_slice(&told.text);
            let _ = answer.set(Box::new((repeated.into(), Told { text, ..told.clone() })));
        }
        Ok(told)
    }
}
