//! `/v1/operator/accounts/{user_name}/rotate-key`

use axum::body::Body;
use axum::extract::Path;
use axum::http::Response;

use crate::http::api::access::{Operating, OperatorCaller};
use crate::http::api::account::rotate::{RotatedKey, Rotation, rotate_key};
use crate::http::api::body::JsonBytes;
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::write::{DryRun, Write, WriteParameters};
use crate::service::KeyUse;

/// Rotate the own key of an account
///
/// For whoever has lost it: the answer tells the new one, once. With an overlap the old one goes
/// on as a key like the others, which the account can delete.
#[utoipa::path(
    post, path = "/v1/operator/accounts/{user_name}/rotate-key", tag = "operator",
    request_body = Rotation,
    params(("user_name" = String, Path, description = "Its name"), WriteParameters),
    responses(
        (status = 201, description = "The new key", body = RotatedKey),
        (status = 200, description = "With dry_run: what would be done", body = DryRun),
        Problems
    ),
    security(("operator" = []))
)]
pub async fn rotate(
    caller: OperatorCaller,
    Path(user_name): Path<String>,
    write: Write,
    body: JsonBytes,
) -> Result<Response<Body>, Problem> {
    let (tenant, _) = caller.service.account(&user_name).await?;
    let operating = Operating { caller: &caller, tenant };
    let own = KeyUse { key: None, used_us: None };
    rotate_key(&operating, own, write, &body).await
}
