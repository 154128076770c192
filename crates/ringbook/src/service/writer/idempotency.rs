//! Requests that are carried out once, however often they are sent. This module must not know what
//! an answer says.

use std::collections::HashMap;

use directory::{AccountId, Refusal, Skills};

use crate::service::{Failure, Outcome};
use crate::store::{IdempotencyKey, IdempotencyRecord};

/// How long an answer is recorded: 24 hours, in microseconds.
pub const IDEMPOTENCY_RECORD_LIFETIME_US: i64 = 24 * 3_600_000_000;

/// Renders the answer that is recorded, from the result of the command and the account's skills.
pub type RenderAnswer = Box<dyn Fn(&Result<Outcome, Refusal>, &Skills) -> Vec<u8> + Send>;

/// What makes a command idempotent.
pub struct Idempotency {
    /// What identifies the request.
    pub key: IdempotencyKey,
    /// SHA-256 of the request. The same key with another hash is refused.
    pub request_sha256: [u8; 32],
    /// Renders the answer.
    pub answer: RenderAnswer,
}

/// The answer to an idempotent command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotentAnswer {
    /// The answer.
    pub answer: Vec<u8>,
    /// Whether it was recorded before, and nothing was done now.
    pub is_replayed: bool,
}

pub type IdempotencyRecords = HashMap<(AccountId, IdempotencyKey), IdempotencyRecord>;

impl IdempotentAnswer {
    /// The recorded answer, if it is to the same request.
    pub fn replay(record: IdempotencyRecord, request_sha256: &[u8; 32]) -> Result<Self, Failure> {
        if record.request_sha256 != *request_sha256 {
            return Err(Failure::KeyReused);
        }
        // The mark of an erasure: no answer is empty.
        if record.answer.is_empty() {
            return Err(Failure::AnswerErased);
        }
        Ok(Self { answer: record.answer, is_replayed: true })
    }
}
