//! Generate Token (contract, "Generate Token").

use std::sync::Arc;

use axum::extract::{Extension, Request, State};

use super::action::Action;
use super::answer::Answer;
use super::commands::failed;
use super::gateway;
use super::openapi::{TokenReply, TokenRequest};
use super::reply::Reply;
use crate::service::{Accepted, Denied, Failure, Service, TokenDenied};
use crate::store::RequestId;

/// The path of Generate Token.
pub const TOKEN_PATH: &str = "/ca_apis/CAToken/generateToken";

/// Generate a token
///
/// For accounts set to `TOKEN_AUTH`. A new token takes the place of the one before.
#[utoipa::path(
    post, path = TOKEN_PATH, tag = "GenerateToken", request_body = TokenRequest,
    responses(
        (status = 200, description = "The token", body = TokenReply),
        (status = 400, description = "The body is no JSON object", body = TokenReply),
        (status = 401, description = "Wrong credentials, or an account of BASIC_AUTH", body = TokenReply),
        (status = 405, description = "Not POST", body = TokenReply),
        (status = 413, description = "Larger than 65536 bytes", body = TokenReply),
        (status = 415, description = "Of another type or encoding", body = TokenReply),
        (status = 429, description = "More than ten within the hour", body = TokenReply),
        (status = 503, description = "The store does not answer", body = TokenReply)
    ),
    security(("apiKey" = []))
)]
pub async fn handle(
    State(service): State<Arc<Service>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Answer, Answer> {
    let (head, bytes) = gateway::read(request, "POST").await?;
    let fields = gateway::parse(&head, &bytes)?;
    let user_name = fields.user_name.as_deref().unwrap_or_default();
    if user_name.is_empty() {
        return Err(Reply::USER_NAME_IS_NULL.into());
    }
    let credentials = gateway::credentials(user_name, &head);
    let access = service.authenticate(&credentials, Accepted::FullKey).await.map_err(denied)?;
    let origin = service.origin(id, &access.source);
    let answer = match service.generate_token(&access.tenant, origin).await {
        Ok(token) => Reply::token(token.reveal()).into(),
        Err(TokenDenied::NotForTokens) => Answer::because(
            Reply::TOKEN_CREDENTIALS_NOT_VALID,
            TokenDenied::NotForTokens.to_string(),
        ),
        Err(TokenDenied::Failed(failure)) => denied(failure.into()),
    };
    Ok(answer.of(access.tenant.id()))
}

/// A missing account and a wrong key get the same reply.
fn denied(denied: Denied) -> Answer {
    match denied {
        Denied::Failed(Failure::Unauthorized(_)) => Reply::TOKEN_CREDENTIALS_NOT_VALID.into(),
        Denied::Failed(failure) => failed(Action::Get, failure),
        Denied::Throttled(throttled) => {
            Answer::throttled(Reply::TOKEN_CREDENTIALS_NOT_VALID, throttled)
        }
    }
}
