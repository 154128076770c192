//! `/v1/operator/accounts/{user_name}`

use axum::body::Body;
use axum::http::Response;
use directory::{AccountId, ApiAuthentication, Change, Command, ProfileEdit, Settings, Skills};
use serde::Deserialize;
use utoipa::ToSchema;

use super::list::phone_number_limit;
use super::{Authentication, OperatedAccount};
use crate::http::api::access::{Operating, OperatorCaller};
use crate::http::api::body::JsonBytes;
use crate::http::api::conditional::{ConditionalParameters, Known};
use crate::http::api::field::{Faults, Field, Others};
use crate::http::api::path::Path;
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::query::Query;
use crate::http::api::reply::Reply;
use crate::http::api::trial::{DryRun, OrDryRun};
use crate::http::api::write::{Write, WriteParameters};
use crate::service::{AccountState, Outcome};

/// Get an account
#[utoipa::path(
    get, path = "/v1/operator/accounts/{user_name}", tag = "operator",
    params(("user_name" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "The account", body = OperatedAccount,
         headers(("ETag", description = "Its settings: what the operator can set"))),
        Problems
    ),
    security(("operator" = []))
)]
pub async fn get(
    caller: OperatorCaller,
    Path(user_name): Path<String>,
    parameters: Query,
) -> Result<Response<Body>, Problem> {
    parameters.check()?;
    let (tenant, state) = caller.account(&user_name).await?;
    let account = OperatedAccount::of_state(&state);
    let etag = account.etag(tenant.id());
    Ok(Reply::ok(&account).tagged(etag).render(false))
}

/// What changes of an account; what is absent stays
#[derive(Deserialize, ToSchema)]
pub struct OperatedAccountEdit {
    /// How calls of PhoneManageV2 are authenticated from now on
    #[serde(default)]
    #[schema(value_type = Authentication)]
    api_authentication: Field<ApiAuthentication>,
    /// Most phones that it may have from now on; it keeps those that it has beyond
    #[serde(default)]
    #[schema(value_type = u32, maximum = 16_000_000)]
    phone_number_limit: Field<u32>,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

impl OperatedAccountEdit {
    fn command(self) -> Result<Command, Faults> {
        let mut faults = Faults::of(&self.others);
        let api_authentication = faults.optional("api_authentication", self.api_authentication);
        let phone_number_limit = phone_number_limit(&mut faults, self.phone_number_limit);
        let edit = ProfileEdit { api_key_sha256: None, api_authentication, phone_number_limit };
        faults.checked(Some(Command::EditProfile(edit)))
    }
}

/// Edit an account
#[utoipa::path(
    patch, path = "/v1/operator/accounts/{user_name}", tag = "operator",
    request_body = OperatedAccountEdit,
    params(
        ("user_name" = String, Path, description = "Its name"),
        WriteParameters, ConditionalParameters
    ),
    responses(
        (status = 200, description = "The account from now on", body = OrDryRun<OperatedAccount>,
         headers(("ETag", description = "Its settings: what the operator can set"))),
        Problems
    ),
    security(("operator" = []))
)]
pub async fn edit(
    caller: OperatorCaller,
    Path(user_name): Path<String>,
    mut write: Write,
    body: JsonBytes,
) -> Result<Response<Body>, Problem> {
    let (operating, state) = operate(&caller, &user_name).await?;
    let (id, known) = (operating.tenant.id(), write.known());
    let prepare = async {
        let command = body.parse::<OperatedAccountEdit>()?.command().map_err(Problem::from)?;
        let command = expecting(&known, id, &state, command)?;
        let before = OperatedAccount::of_state(&state);
        let render = move |outcome: &Outcome, _: &Skills| {
            let edited = outcome.changed.iter().find_map(|change| match change {
                Change::Profile { after, .. } => Some(OperatedAccount::new(after)),
                _ => None,
            });
            let (phones, skills, version) = (before.phones, before.skills, outcome.version);
            let edited = edited.unwrap_or_else(|| before.clone());
            let edited = OperatedAccount { phones, skills, version, ..edited };
            Reply::ok(&edited).tagged(edited.etag(id))
        };
        Ok((command, render))
    };
    write.carry_out_prepared(&operating, &body.0, None, prepare).await
}

/// Delete an account
///
/// With its phones, its skills and its keys; its history stays in the store. Sent again it is
/// answered with `no_such_account`, with an `Idempotency-Key` as well, as the answers that are
/// kept for an account are found by its name. So that it never deletes another account which has
/// got the name since, send `If-Match`.
#[utoipa::path(
    delete, path = "/v1/operator/accounts/{user_name}", tag = "operator",
    params(
        ("user_name" = String, Path, description = "Its name"),
        WriteParameters, ConditionalParameters
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 200, description = "With dry_run: what would be done", body = DryRun),
        Problems
    ),
    security(("operator" = []))
)]
pub async fn delete(
    caller: OperatorCaller,
    Path(user_name): Path<String>,
    mut write: Write,
) -> Result<Response<Body>, Problem> {
    let (operating, state) = operate(&caller, &user_name).await?;
    let (id, known) = (operating.tenant.id(), write.known());
    let prepare = async {
        let command = expecting(&known, id, &state, Command::DeleteAccount)?;
        Ok((command, |_: &Outcome, _: &Skills| Reply::no_content()))
    };
    write.carry_out_prepared(&operating, b"", None, prepare).await
}

/// The account of that name, to be worked on, and how it is now.
async fn operate<'c>(
    caller: &'c OperatorCaller,
    user_name: &str,
) -> Result<(Operating<'c>, AccountState), Problem> {
    let (tenant, state) = caller.account(user_name).await?;
    Ok((Operating { caller, tenant }, state))
}

/// The command, for an account that is as the request knows it.
fn expecting(
    known: &Known,
    id: AccountId,
    state: &AccountState,
    command: Command,
) -> Result<Command, Problem> {
    known.expects(&OperatedAccount::of_state(state).etag(id))?;
    if !known.is_certain() {
        return Ok(command);
    }
    let settings = Settings::of(&state.profile);
    Ok(Command::Expecting { settings, command: Box::new(command) })
}
