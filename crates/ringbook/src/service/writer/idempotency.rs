//! Requests that are carried out once, however often they are sent.

use std::collections::HashMap;

use directory::{AccountId, Refusal, Skills};

use crate::service::{Failure, Outcome};
use crate::store::{IdempotencyKey, IdempotencyRecord};

/// How long an answer is kept: 24 hours, in microseconds.
pub const IDEMPOTENCY_RECORD_LIFETIME_US: i64 = 24 * 3_600_000_000;

/// Makes the answer that is kept, from what became of the command and the account's skills.
pub type RenderAnswer = Box<dyn Fn(&Result<Outcome, Refusal>, &Skills) -> Vec<u8> + Send>;

/// That a command is to be carried out once.
pub struct Idempotency {
    /// What names the request.
    pub key: IdempotencyKey,
    /// SHA-256 of what is asked. The same key with another one is refused.
    pub request_sha256: [u8; 32],
    /// Makes the answer.
    pub answer: RenderAnswer,
}

/// The answer that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotentAnswer {
    /// The answer.
    pub answer: Vec<u8>,
    /// Whether it was given before, and nothing was done now.
    pub is_replayed: bool,
}

/// Answers that were given before.
pub type IdempotencyRecords = HashMap<(AccountId, IdempotencyKey), IdempotencyRecord>;

impl IdempotentAnswer {
    /// The answer that was given before, if it was to the same request.
    pub fn replay(kept: IdempotencyRecord, request_sha256: &[u8; 32]) -> Result<Self, Failure> {
        if kept.request_sha256 != *request_sha256 {
            return Err(Failure::KeyReused);
        }
        Ok(Self { answer: kept.answer, is_replayed: true })
    }
}

impl Idempotency {
    /// The answer to what was decided now.
    pub fn keep(
        &self,
        result: &Result<Outcome, Refusal>,
        skills: &Skills,
        at_us: i64,
    ) -> IdempotencyRecord {
        let answer = (self.answer)(result, skills);
        IdempotencyRecord { key: self.key, request_sha256: self.request_sha256, at_us, answer }
    }
}
