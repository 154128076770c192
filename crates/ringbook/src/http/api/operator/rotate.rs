//! `/v1/operator/accounts/{user_name}/rotate-key`

use crate::http::api::account::keys::rotate::{RotatedKey, Rotation, rotation};
use crate::http::api::prelude::*;
use crate::service::KeyUse;

/// Rotate the own key of an account
///
/// For whoever has lost it: the answer tells the new one, once. With an overlap the old one goes
/// on as a key like the others, which the account can delete.
#[utoipa::path(
    post, path = "/v1/operator/accounts/{user_name}/rotate-key", tag = "operator",
    request_body = Rotation,
    params(("user_name" = String, Path, description = "Its name"), Write),
    responses(
        (status = 201, description = "The new key", body = RotatedKey)
    )
)]
pub async fn rotate(
    caller: OperatorCaller,
    Path(user_name): Path<String>,
    write: Write,
    body: JsonBytes,
) -> Answer {
    let (tenant, _) = caller.account(&user_name).await?;
    let prepare = async {
        let own = KeyUse { key: None, used_us: None };
        // The operator has no path to the keys of an account.
        rotation(own, caller.origin().at_us, &body, |rotated| Reply::ok(rotated).created(None))
    };
    write.prepare_and_carry_out(caller.acting_on(&tenant), &body.0, prepare).await
}
