//! `/v1/operator/accounts/{user_name}/rotate-key`

use axum::body::Body;
use axum::http::Response;

use crate::http::api::access::{Operating, OperatorCaller};
use crate::http::api::account::rotate::{RotatedKey, Rotation, rotation};
use crate::http::api::body::JsonBytes;
use crate::http::api::path::Path;
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::reply::Reply;
use crate::http::api::trial::DryRun;
use crate::http::api::write::{Write, WriteParameters};
use crate::secret::ApiKey;
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
    let (tenant, _) = caller.account(&user_name).await?;
    let operating = Operating { caller: &caller, tenant };
    let key = ApiKey::make();
    let prepare = async {
        let own = KeyUse { key: None, used_us: None };
        // The operator has no path to the keys of an account.
        rotation(own, &key, caller.origin().at_us, &body, |rotated| {
            Reply::ok(rotated).created(None)
        })
    };
    write.carry_out_prepared(&operating, &body.0, Some(&key), prepare).await
}
