//! `/v1/account`: the settings of the account that calls.

use axum::body::Body;
use axum::http::Response;
use directory::{ApiAuthentication, Change, Command, ProfileEdit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::keys::Scope;
use crate::http::api::access::{Caller, Full, Read};
use crate::http::api::body::JsonBytes;
use crate::http::api::field::{Faults, Field, Others};
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::query::Query;
use crate::http::api::reply::Reply;
use crate::http::api::trial::OrDryRun;
use crate::http::api::write::{Write, WriteParameters};
use crate::service::{AccountState, Outcome};

/// An account
#[derive(Debug, Serialize, ToSchema)]
pub struct Account {
    /// Its name
    #[schema(example = "acme")]
    user_name: String,
    /// How calls of PhoneManageV2 are authenticated
    #[schema(value_type = Authentication)]
    api_authentication: &'static str,
    /// Most phones that it may have
    phone_number_limit: u32,
    /// How many phones it has
    phones: usize,
    /// How many skills it has
    skills: usize,
    /// Counts its changes: the number of the newest one
    version: u64,
    /// The key that calls
    key: CallingKey,
}

/// The key that calls
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CallingKey {
    /// Its id; 0 is the account's own one
    id: u64,
    /// What it is good for
    #[schema(value_type = Scope)]
    scope: &'static str,
}

/// How calls of PhoneManageV2 are authenticated. The native API takes API keys whatever it is
#[derive(ToSchema)]
#[allow(dead_code)] // It describes `ApiAuthentication`.
pub enum Authentication {
    /// By the API key
    #[schema(rename = "BASIC_AUTH")]
    BasicAuth,
    /// By tokens that are made from the API key
    #[schema(rename = "TOKEN_AUTH")]
    TokenAuth,
}

impl Account {
    fn new<S: crate::http::api::access::Needs>(caller: &Caller<S>, state: &AccountState) -> Self {
        let (profile, access) = (&state.profile, &caller.access);
        Self {
            user_name: profile.user_name.to_string(),
            api_authentication: profile.api_authentication.as_str(),
            phone_number_limit: profile.phone_number_limit,
            phones: state.phone_count,
            skills: state.skill_count,
            version: state.version,
            key: CallingKey { id: access.key.0, scope: access.scope.as_str() },
        }
    }
}

/// Get the account
#[utoipa::path(
    get, path = "/v1/account", tag = "account",
    responses((status = 200, description = "The account that calls", body = Account), Problems),
    security(("account" = []))
)]
pub async fn get(caller: Caller<Read>, parameters: Query) -> Result<Response<Body>, Problem> {
    parameters.check()?;
    let state = caller.service.account_state(&caller.access.tenant).await?;
    Ok(Reply::ok(&Account::new(&caller, &state)).render(false))
}

/// What changes of the account; what is absent stays
#[derive(Deserialize, ToSchema)]
pub struct AccountEdit {
    /// How calls of PhoneManageV2 are authenticated from now on
    #[serde(default)]
    #[schema(value_type = Authentication)]
    api_authentication: Field<ApiAuthentication>,
    /// It is the operator's to set
    #[serde(default)]
    #[schema(ignore)]
    phone_number_limit: Field<u32>,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

impl AccountEdit {
    fn command(self) -> Result<Command, Faults> {
        let mut faults = Faults::of(&self.others);
        if self.phone_number_limit != Field::Absent {
            let detail = "phone_number_limit: is the operator's to set, ask them";
            faults.add("phone_number_limit", "operator_only", detail);
        }
        let api_authentication = faults.optional("api_authentication", self.api_authentication);
        let edit = ProfileEdit { api_authentication, ..ProfileEdit::default() };
        faults.checked(Some(Command::EditProfile(edit)))
    }
}

/// Edit the account
///
/// The most phones that it may have are the operator's to set.
#[utoipa::path(
    patch, path = "/v1/account", tag = "account", request_body = AccountEdit,
    params(WriteParameters),
    responses((status = 200, description = "The account from now on", body = OrDryRun<Account>), Problems),
    security(("account" = []))
)]
pub async fn edit(
    caller: Caller<Full>,
    write: Write,
    body: JsonBytes,
) -> Result<Response<Body>, Problem> {
    let command = body.parse::<AccountEdit>()?.command().map_err(Problem::from)?;
    let before = caller.service.account_state(&caller.access.tenant).await?;
    let shown = Account::new(&caller, &before);
    let render = move |outcome: &Outcome, _: &_| {
        let authentication = outcome.changed.iter().find_map(|change| match change {
            Change::Profile { after, .. } => Some(after.api_authentication.as_str()),
            _ => None,
        });
        Reply::ok(&Account {
            api_authentication: authentication.unwrap_or(shown.api_authentication),
            version: outcome.version,
            user_name: shown.user_name.clone(),
            key: shown.key.clone(),
            ..shown
        })
    };
    write.carry_out(&caller, &body.0, command, render).await
}
