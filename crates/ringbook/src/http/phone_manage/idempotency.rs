//! Actions with the header `Idempotency-Key`.

use directory::{Command, Refusal, Skills};

use super::action::Action;
use super::answer::Answer;
use super::commands;
use super::reply::{RecordedReply, Reply};
use crate::service::{
    Access, CommandRequest, Failure, Idempotency, IdempotentAnswer, Outcome, Service,
};
use crate::store::{IdempotencyKey, Origin};

/// The answer that an idempotency record has for this request.
pub fn recorded(action: Action, record: &IdempotentAnswer) -> Answer {
    // If the key was used with the native API, the record has the format of that API.
    let Ok(reply) = serde_json::from_slice::<RecordedReply>(&record.answer) else {
        return commands::failed(action, Failure::KeyReused);
    };
    let reason = reply.reason.clone();
    let reply = Reply::Recorded { reply, is_replayed: record.is_replayed };
    Answer { reason, ..reply.into() }
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
        serde_json::to_vec(&RecordedReply::new(&reply, reason)).expect("it is plain data")
    };
    let idempotency = Idempotency { key, request_sha256, answer: Box::new(answer) };
    let request = CommandRequest::new(command, origin);
    match service.execute_idempotent(&access.tenant, request, idempotency).await {
        Ok(record) => recorded(action, &record),
        Err(failure) => commands::failed(action, failure),
    }
}
