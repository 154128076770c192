//! PhoneManageV2: the checks in their order (contract, "Order of checks").

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Extension, Request, State};
use axum::http::Method;
use axum::http::request::Parts;

use directory::{Command, KeyScope};

use super::action::Action;
use super::answer::Answer;
use super::commands;
use super::openapi::{KeyHeader, PhoneManageReply};
use super::reply::Reply;
use super::{body, gateway, idempotency, record};
use crate::http::LocalCaller;
use crate::http::idempotency::{key as idempotency_key, request_sha256};
use crate::service::{Accepted, Access, CommandRequest, Denied, Principal, Service};
use crate::store::{IdempotencyKey, RequestId};

/// The path of the endpoint.
pub const PATH: &str = "/ca_apis/PhoneManageV2";

/// The methods that it takes.
pub const METHODS: &str = "GET, POST";

/// Create, edit, delete or get a phone
///
/// The HTTP status is 200 for refusals by the rules as well; the header `Ringbook-Reason` says
/// precisely why.
#[utoipa::path(
    post, path = PATH, tag = "PhoneManageV2", request_body = body::Fields,
    params(KeyHeader),
    responses(
        (status = 200, description = "Done, or refused by a rule", body = PhoneManageReply,
         headers(("Ringbook-Reason", description = "Why it was refused"))),
        (status = 400, description = "The body is no JSON object", body = PhoneManageReply),
        (status = 401, description = "The account wants another kind of credentials, or the token is wrong", body = PhoneManageReply),
        (status = 405, description = "Neither GET nor POST", body = PhoneManageReply),
        (status = 413, description = "Larger than 65536 bytes", body = PhoneManageReply),
        (status = 415, description = "Of another type or encoding", body = PhoneManageReply),
        (status = 422, description = "The Idempotency-Key was used for another request", body = PhoneManageReply),
        (status = 429, description = "Too many requests", body = PhoneManageReply),
        (status = 503, description = "The store does not answer", body = PhoneManageReply)
    ),
    security(("apiKey" = []))
)]
pub async fn handle(
    State(service): State<Arc<Service>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Answer, Answer> {
    let (service, begun) = (&*service, Instant::now());
    let execute = async move |access: Access, action, command, key| {
        let origin = service.origin(id, &access.source);
        if let Some(key) = key {
            return idempotency::execute(service, &access, (action, command), origin, key).await;
        }
        let result = service.execute(&access.tenant, CommandRequest::new(command, origin)).await;
        commands::answer(action, result)
    };
    let (head, bytes) = gateway::read(request, METHODS).await?;
    let fields = gateway::parse(&head, &bytes);
    let answer = run(service, (&head, &bytes), &fields, &mut None, execute).await;
    if service.records_calls() {
        record::record(service, (&head, &bytes), fields.as_ref().ok(), &answer, id, begun);
    }
    Ok(answer)
}

/// A key of an idempotency record, and the hash of the request.
pub type Key = (IdempotencyKey, [u8; 32]);

/// Runs the checks, and then `execute` for all but a `get`. Notes the action, once the caller is
/// admitted.
pub async fn run<Executed: Future<Output = Answer>>(
    service: &Service,
    (head, bytes): (&Parts, &[u8]),
    fields: &Result<body::Fields<'_>, Answer>,
    noted: &mut Option<Action>,
    execute: impl FnOnce(Access, Action, Command, Option<Key>) -> Executed,
) -> Answer {
    let fields = match fields {
        Ok(fields) => fields,
        Err(refused) => return refused.clone(),
    };
    let access = match admit(service, head, fields).await {
        Ok(access) => access,
        Err(refused) => return refused,
    };
    *noted = Action::parse(fields.action.as_ref()).ok();
    let account = access.tenant.id();
    let answered = async {
        let (action, key) = action(head, fields)?;
        let Some(command) = commands::command(action, fields)? else {
            return get(service, &access, fields).await;
        };
        let key = key.map(|key| (key, request_sha256("POST", PATH, bytes)));
        Ok(execute(access, action, command, key).await)
    };
    answered.await.unwrap_or_else(|refused| refused).of(account)
}

/// Check 2: the credentials and the rate limit.
async fn admit(
    service: &Service,
    head: &Parts,
    fields: &body::Fields<'_>,
) -> Result<Access, Answer> {
    let user_name = fields.user_name.as_deref().unwrap_or_default();
    let access = match head.extensions.get::<LocalCaller>() {
        None => {
            let credentials = gateway::credentials(user_name, head);
            service.authenticate(&credentials, Accepted::AsSet).await.map_err(denied)?
        }
        Some(LocalCaller(Principal::Account(access)))
            if access.scope == KeyScope::Full && access.tenant.is_named(user_name) =>
        {
            access.clone()
        }
        Some(_) => return Err(Reply::CREDENTIALS_NOT_VALID.into()),
    };
    let account = access.tenant.id();
    service
        .count_request(&access)
        .map_err(|throttled| Answer::throttled(Reply::MAX_LIMIT_EXCEEDED, throttled).of(account))?;
    Ok(access)
}

/// Check 3: the action, whether the method is allowed for it, and the `Idempotency-Key`.
fn action(
    head: &Parts,
    fields: &body::Fields<'_>,
) -> Result<(Action, Option<IdempotencyKey>), Answer> {
    let action = Action::parse(fields.action.as_ref())?;
    if head.method == Method::GET && action != Action::Get {
        let reason = format!("method: action \"{}\" needs POST", action.as_str());
        return Err(Answer::not_allowed("POST", reason));
    }
    let key = idempotency_key(&head.headers);
    let key = key.map_err(|fault| Answer::because(Reply::KEY_NOT_VALID, fault.to_string()))?;
    Ok((action, key))
}

/// Answers a `get`.
async fn get(
    service: &Service,
    access: &Access,
    fields: &body::Fields<'_>,
) -> Result<Answer, Answer> {
    let found = service.get_phone(&access.tenant, &commands::get(fields)?).await;
    let phone = found.map_err(|failure| commands::failed(Action::Get, failure))?;
    Ok(Reply::found(phone.number.text().as_str(), phone.name.as_str()).into())
}

fn denied(denied: Denied) -> Answer {
    match denied {
        Denied::Throttled(throttled) => Answer::throttled(Reply::CREDENTIALS_NOT_VALID, throttled),
        Denied::Failed(failure) => commands::failed(Action::Get, failure),
    }
}
