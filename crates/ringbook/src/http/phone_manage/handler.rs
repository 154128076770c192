//! The endpoint: the checks in their order (contract, "Order of checks").

use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{Method, Response};
use directory::AccountId;

use super::commands::{self, Action};
use super::reply::{Answer, Reply};
use super::{body, gateway};
use crate::service::{Denied, Service, Tenant};
use crate::store::RequestId;

/// Who changes something by an account's API key.
pub static SOURCE: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("api"));

/// `create`, `edit`, `delete` and `get`.
pub async fn handle(
    State(service): State<Arc<Service>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response<Body> {
    answer(&service, id, request).await.unwrap_or_else(|refused| refused).into_response()
}

async fn answer(service: &Service, id: RequestId, request: Request) -> Result<Answer, Answer> {
    let (head, content) = request.into_parts();
    if head.method != Method::GET && head.method != Method::POST {
        let reason = format!("method: {} is not allowed, use POST", head.method);
        return Err(Answer::because(Reply::MethodNotAllowed { allow: "GET, POST" }, reason));
    }
    let bytes = gateway::read(&head.headers, content).await?;
    let fields = body::parse(&bytes).map_err(|why| Answer::because(Reply::InvalidJson, why))?;
    let user_name = fields.user_name.as_deref().unwrap_or_default();
    let credentials = gateway::credentials(user_name, &head);
    let tenant = service.authenticate(credentials).await.map_err(denied)?;
    let account: AccountId = tenant.id();
    let counted = service.rates().check(account, || tenant.api_key_sha256());
    counted.map_err(|many| {
        let reply = Reply::MaxLimitExceeded { retry_after_s: many.retry_after_s };
        Answer::because(reply, many.to_string()).of(account)
    })?;
    let action = Action::parse(fields.action.as_ref()).map_err(|refused| refused.of(account))?;
    if head.method == Method::GET && action != Action::Get {
        let reason = format!("method: action \"{}\" needs POST", action.as_str());
        let reply = Reply::MethodNotAllowed { allow: "POST" };
        return Err(Answer::because(reply, reason).of(account));
    }
    let answer = act(service, &tenant, id, action, &fields).await;
    Ok(answer.unwrap_or_else(|refused| refused).of(account))
}

async fn act(
    service: &Service,
    tenant: &Tenant,
    id: RequestId,
    action: Action,
    fields: &body::Fields<'_>,
) -> Result<Answer, Answer> {
    let command = match action {
        Action::Create => commands::create(fields)?,
        Action::Edit => commands::edit(fields)?,
        Action::Delete => commands::delete(fields)?,
        Action::Get => {
            let found = service.get_phone(tenant, &commands::get(fields)?).await;
            let phone = found.map_err(|failure| commands::failed(action, failure))?;
            let (number, name) = (phone.number.to_string(), phone.name.to_string());
            return Ok(Reply::Found { number, name }.into());
        }
    };
    let result = service.execute(tenant, command, service.origin(id, &SOURCE)).await;
    Ok(commands::answer(action, result))
}

/// Says nothing that the body does not say.
fn denied(denied: Denied) -> Answer {
    match denied {
        Denied::UserNameOrApiKey => Reply::CredentialsNotValid.into(),
        Denied::TokenMissing => Reply::TokenMissing.into(),
        Denied::ApiKeyMissing => Reply::ApiKeyMissing.into(),
        Denied::TokenInvalid => Reply::InvalidToken.into(),
        Denied::TokenExpired => Reply::TokenExpired.into(),
        Denied::NotTried(not_tried) => Answer::not_tried(Reply::CredentialsNotValid, not_tried),
        Denied::Failed(failure) => commands::failed(Action::Get, failure),
    }
}
