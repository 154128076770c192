//! Generate Token (contract, "Generate Token").

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{Method, Response};

use super::answer::Answer;
use super::commands::{Action, failed};
use super::reply::Reply;
use super::{body, gateway};
use crate::service::{Denied, Service, TokenDenied};
use crate::store::RequestId;

/// Makes a token from `userName` and API key.
pub async fn handle(
    State(service): State<Arc<Service>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response<Body> {
    answer(&service, id, request).await.unwrap_or_else(|refused| refused).into_response()
}

async fn answer(service: &Service, id: RequestId, request: Request) -> Result<Answer, Answer> {
    let (head, content) = request.into_parts();
    if head.method != Method::POST {
        let reason = format!("method: {} is not allowed, use POST", head.method);
        return Err(Answer::because(Reply::MethodNotAllowed { allow: "POST" }, reason));
    }
    let bytes = gateway::read(&head.headers, content).await?;
    let fields = body::parse(&bytes).map_err(|why| Answer::because(Reply::InvalidJson, why))?;
    let user_name = fields.user_name.as_deref().unwrap_or_default();
    if user_name.is_empty() {
        return Err(Reply::UserNameIsNull.into());
    }
    let credentials = gateway::credentials(user_name, &head);
    let access = service.authenticate_by_key(credentials).await.map_err(denied)?;
    let origin = service.origin(id, &access.source);
    let made = service.generate_token(&access.tenant, origin).await;
    let answer = match made {
        Ok(token) => Reply::Token(token.reveal().to_owned()).into(),
        Err(TokenDenied::NotForTokens) => {
            Answer::because(Reply::TokenCredentialsNotValid, TokenDenied::NotForTokens.to_string())
        }
        Err(TokenDenied::Failed(failure)) => failed(Action::Get, failure),
    };
    Ok(answer.of(access.tenant.id()))
}

/// A missing account and a wrong key look the same. Nothing else is asked of the key here.
fn denied(denied: Denied) -> Answer {
    match denied {
        Denied::Failed(failure) => failed(Action::Get, failure),
        Denied::Throttled(throttled) => {
            Answer::throttled(Reply::TokenCredentialsNotValid, throttled)
        }
        Denied::UserNameOrApiKey
        | Denied::TokenMissing
        | Denied::ApiKeyMissing
        | Denied::TokenInvalid
        | Denied::TokenExpired => Reply::TokenCredentialsNotValid.into(),
    }
}
