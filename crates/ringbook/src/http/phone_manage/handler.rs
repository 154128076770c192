//! The endpoint: the checks in their order (contract, "Order of checks").

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{Method, Response};
use directory::AccountId;

use super::commands::{self, Action};
use super::reply::{Answer, Reply};
use super::{body, gateway};
use crate::service::{Access, Denied, Service};
use crate::store::RequestId;

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
    let credentials = gateway::credentials(user_name, &head.headers);
    let access = service.authenticate(credentials).await.map_err(denied)?;
    let account: AccountId = access.tenant.id();
    let action = Action::parse(fields.action.as_ref()).map_err(|refused| refused.of(account))?;
    if head.method == Method::GET && action != Action::Get {
        let reason = format!("method: action \"{}\" needs POST", action.as_str());
        let reply = Reply::MethodNotAllowed { allow: "POST" };
        return Err(Answer::because(reply, reason).of(account));
    }
    let answer = act(service, &access, id, action, &fields).await;
    Ok(answer.unwrap_or_else(|refused| refused).of(account))
}

async fn act(
    service: &Service,
    access: &Access,
    id: RequestId,
    action: Action,
    fields: &body::Fields<'_>,
) -> Result<Answer, Answer> {
    let command = match action {
        Action::Create => commands::create(fields)?,
        Action::Edit => commands::edit(fields)?,
        Action::Delete => commands::delete(fields)?,
        Action::Get => {
            let found = service.get_phone(&access.tenant, &commands::get(fields)?).await;
            let phone = found.map_err(|failure| commands::failed(action, failure))?;
            let (number, name) = (phone.number.to_string(), phone.name.to_string());
            return Ok(Reply::Found { number, name }.into());
        }
    };
    let origin = service.origin(id, &access.source);
    let result = service.execute(&access.tenant, command, origin).await;
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
        Denied::Failed(failure) => commands::failed(Action::Get, failure),
    }
}
