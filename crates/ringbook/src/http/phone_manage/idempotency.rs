//! Actions with the header `Idempotency-Key`.

use std::borrow::Cow;

use directory::{Command, Refusal, Skills};
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::answer::Answer;
use super::commands;
use super::reply::Reply;
use crate::service::{
    Access, CommandRequest, Failure, Idempotency, IdempotentAnswer, Outcome, Service,
};
use crate::store::{IdempotencyKey, Origin};

/// An answer as it is stored in an idempotency record.
#[derive(Serialize, Deserialize)]
struct Recorded {
    status: u16,
    body: Cow<'static, str>,
    /// The header `Ringbook-Reason`.
    reason: Option<String>,
}

/// The answer that an idempotency record has for this request.
pub fn recorded(action: Action, record: &IdempotentAnswer) -> Answer {
    // If the key was used with the native API, the record has the format of that API.
    let Ok(recorded) = serde_json::from_slice(&record.answer) else {
        return commands::failed(action, Failure::KeyReused);
    };
    let Recorded { status, body, reason } = recorded;
    let is_replayed = record.is_replayed;
    let outcome = if is_replayed { "replayed" } else { "kept" };
    let reply = Reply { check: None, outcome, status, body };
    Answer { reason, is_replayed, ..reply.into() }
}

/// Executes the command and records the answer, or replays the recorded answer.
pub async fn execute(
    service: &Service,
    access: &Access,
    (action, command): (Action, Command),
    origin: Origin,
    (key, request_sha256): (IdempotencyKey, [u8; 32]),
) -> Answer {
    // The writer calls it, and commits the record together with the change.
    let answer = move |result: &Result<Outcome, Refusal>, _: &Skills| {
        let result = result.clone().map_err(Failure::Refused);
        let Answer { reply, reason, .. } = commands::answer(action, result);
        let Reply { status, body, .. } = reply;
        serde_json::to_vec(&Recorded { status, body, reason }).expect("it is plain data")
    };
    let idempotency = Idempotency { key, request_sha256, answer: Box::new(answer) };
    let request = CommandRequest::new(command, origin);
    match service.execute_idempotent(&access.tenant, request, idempotency).await {
        Ok(record) => recorded(action, &record),
        Err(failure) => commands::failed(action, failure),
    }
}
