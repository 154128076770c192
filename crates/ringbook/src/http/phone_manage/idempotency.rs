//! Actions that are carried out once, by the header `Idempotency-Key`.

use directory::{Command, Refusal, Skills};

use super::answer::Answer;
use super::commands::{self, Action};
use super::reply::{Reply, StoredReply};
use crate::service::{Access, Failure, Idempotency, IdempotentAnswer, Outcome, Service};
use crate::store::{IdempotencyKey, Origin};

/// The answer as it is stored.
fn stored(answer: &Answer) -> StoredReply {
    let status = answer.reply.status().as_u16();
    StoredReply { status, body: answer.reply.body(), reason: answer.reason.clone() }
}

/// The answer of an idempotency record.
pub fn replayed(action: Action, kept: &IdempotentAnswer) -> Answer {
    // The key may have been used with the native API, whose answers are others.
    let Ok(answer) = serde_json::from_slice::<StoredReply>(&kept.answer) else {
        return commands::failed(action, Failure::KeyReused);
    };
    let reason = answer.reason.clone();
    let reply = Reply::Kept { answer, is_replayed: kept.is_replayed };
    Answer { reason, ..reply.into() }
}

/// Carries the command out, unless that was done before: then the first answer is given again.
pub async fn execute(
    service: &Service,
    access: &Access,
    (action, command): (Action, Command),
    origin: Origin,
    (key, request_sha256): (IdempotencyKey, [u8; 32]),
) -> Answer {
    let answer = move |result: &Result<Outcome, Refusal>, _: &Skills| {
        let result = result.clone().map_err(Failure::Refused);
        serde_json::to_vec(&stored(&commands::answer(action, result))).expect("it is plain data")
    };
    let idempotency = Idempotency { key, request_sha256, answer: Box::new(answer) };
    match service.execute_idempotent(&access.tenant, command, origin, idempotency).await {
        Ok(kept) => replayed(action, &kept),
        Err(failure) => commands::failed(action, failure),
    }
}
