//! Generate Token (contract, "Generate Token").

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{Method, Response};

use super::commands::{Action, failed};
use super::handler::SOURCE;
use super::reply::{Answer, Reply};
use super::{body, gateway};
use crate::service::{Service, TokenDenied};
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
    let made = service.generate_token(credentials, service.origin(id, &SOURCE)).await;
    made.map(|token| Reply::Token(token.reveal().to_owned()).into()).map_err(
        |denied| match denied {
            TokenDenied::UserNameOrApiKey => Reply::TokenCredentialsNotValid.into(),
            TokenDenied::NotTried(not_tried) => {
                Answer::not_tried(Reply::TokenCredentialsNotValid, not_tried)
            }
            TokenDenied::NotForTokens => {
                Answer::because(Reply::TokenCredentialsNotValid, denied.to_string())
            }
            TokenDenied::Failed(failure) => failed(Action::Get, failure),
        },
    )
}
