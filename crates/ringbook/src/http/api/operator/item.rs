//! `/v1/operator/accounts/{user_name}`

use directory::{AccountId, ApiAuthentication, Command, ProfileEdit};

use crate::http::api::account::keys::rotate::{RotatedKey, Rotation, rotation};
use crate::http::api::account::{Account, Authentication};
use crate::http::api::conditional::{Preconditions, etag};
use crate::http::api::field::{PhoneNumberLimit, Whole};
use crate::http::api::prelude::*;
use crate::service::{AccountState, KeyUse};

/// Get an account
///
/// Its settings, and how many phones it has.
#[utoipa::path(
    get, path = "/v1/operator/accounts/{user_name}", tag = "operator",
    responses(
        (status = 200, description = "The account", body = Account,
         headers(("ETag", description = "The version of its settings and its own key")))
    )
)]
pub async fn get(caller: OperatorCaller, Path(name): Path, parameters: Query) -> Answer {
    parameters.check()?;
    let (tenant, state) = caller.account(&name).await?;
    let etag = etag(tenant.id(), state.settings_version);
    Ok(Reply::ok(&Account::of_state(&state)).tagged(etag).render())
}

body! {
    /// What changes of an account; what is absent stays
    pub struct OperatedAccountEdit {
        /// How calls of PhoneManageV2 are authenticated from now on
        #[schema(value_type = Authentication)]
        api_authentication: optional ApiAuthentication,
        /// Most phones that it may have from now on; it keeps those that it has beyond
        #[schema(value_type = u32, maximum = 16_000_000)]
        phone_number_limit: optional PhoneNumberLimit,
    }
}

/// Edit an account
///
/// What the operator sets of it: the body names what changes.
#[utoipa::path(
    patch, path = "/v1/operator/accounts/{user_name}", tag = "operator",
    request_body = OperatedAccountEdit,
    params(Preconditions),
    responses(
        (status = 200, description = "The account from now on", body = Account,
         headers(("ETag", description = "The version of its settings and its own key")))
    )
)]
pub async fn edit(
    caller: OperatorCaller,
    Path(name): Path,
    mut write: Write,
    body: Json,
) -> Answer {
    let (tenant, state) = caller.account(&name).await?;
    let (id, preconditions) = (tenant.id(), write.preconditions());
    let prepare = async {
        let (api_authentication, limit) = body.read::<OperatedAccountEdit>()?;
        let phone_number_limit = limit.map(|Whole(limit)| limit);
        let edit = ProfileEdit { api_key_sha256: None, api_authentication, phone_number_limit };
        let command = expecting(&preconditions, id, &state, Command::EditProfile(edit))?;
        let (before, version) = (Account::of_state(&state), state.settings_version);
        Ok(Prepared::new(command, move |outcome, _| {
            let version = if outcome.changes > 0 { outcome.version } else { version };
            Reply::ok(&before.edited(outcome)).tagged(etag(id, version))
        }))
    };
    write.prepare_and_carry_out(caller.acting_on(&tenant), &body.0, prepare).await
}

/// Delete an account
///
/// With its phones, its skills and its keys; its history stays in the store. Sent again it is
/// answered with `no_such_account`, with an `Idempotency-Key` as well, as the answers that are
/// kept for an account are found by its name. So that it never deletes another account which has
/// got the name since, send `If-Match`.
#[utoipa::path(
    delete, path = "/v1/operator/accounts/{user_name}", tag = "operator", params(Preconditions),
    responses((status = 204, description = "It is gone"))
)]
pub async fn delete(caller: OperatorCaller, Path(name): Path, mut write: Write) -> Answer {
    let (tenant, state) = caller.account(&name).await?;
    let (id, preconditions) = (tenant.id(), write.preconditions());
    let prepare = async {
        let command = expecting(&preconditions, id, &state, Command::DeleteAccount)?;
        Ok(Prepared::without_content(command))
    };
    write.prepare_and_carry_out(caller.acting_on(&tenant), b"", prepare).await
}

/// Rotate the own key of an account
///
/// For whoever has lost it: the answer tells the new one, once. With an overlap the old one goes
/// on as a key like the others, which the account can delete.
#[utoipa::path(
    post, path = "/v1/operator/accounts/{user_name}/rotate-key", tag = "operator",
    request_body = Rotation,
    responses((status = 201, description = "The new key", body = RotatedKey))
)]
pub async fn rotate(caller: OperatorCaller, Path(name): Path, write: Write, body: Json) -> Answer {
    let (tenant, _) = caller.account(&name).await?;
    let prepare = async {
        let own = KeyUse { key: None, used_us: None };
        // The operator has no path to the keys of an account.
        rotation(own, caller.origin().at_us, &body, |_| None)
    };
    write.prepare_and_carry_out(caller.acting_on(&tenant), &body.0, prepare).await
}

/// The command, for an account in a state that the request expects.
fn expecting(
    preconditions: &Preconditions,
    id: AccountId,
    state: &AccountState,
    command: Command,
) -> Result<Command, Problem> {
    Ok(match preconditions.expect(id, state.settings_version)? {
        Some(settings_version) => {
            Command::Expecting { settings_version, command: Box::new(command) }
        }
        None => command,
    })
}
