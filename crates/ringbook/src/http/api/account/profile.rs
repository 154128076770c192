//! `/v1/account`: the settings of the account that calls.

use directory::{ApiAuthentication, Change, Command, ProfileEdit};
use serde::Serialize;
use utoipa::ToSchema;

use super::keys::Scope;
use crate::http::api::access::Needs;
use crate::http::api::choice::{Choice, choice_schema};
use crate::http::api::prelude::*;
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

choice_schema! {
    /// How calls of PhoneManageV2 are authenticated: `BASIC_AUTH` by the API key, `TOKEN_AUTH` by
    /// tokens that are made from it. The native API takes API keys whatever it is
    pub Authentication for ApiAuthentication
}

impl Choice for ApiAuthentication {
    fn choices() -> Vec<(&'static str, Self)> {
        [Self::BasicAuth, Self::TokenAuth].map(|setting| (setting.as_str(), setting)).into()
    }
}

impl Account {
    fn new<S: Needs>(caller: &Caller<S>, state: &AccountState) -> Self {
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
    responses((status = 200, description = "The account that calls", body = Account), Problems)
)]
pub async fn get(caller: Caller<Read>, parameters: Query) -> Answer {
    parameters.check()?;
    let state = caller.service.account_state(&caller.access.tenant).await?;
    Ok(Reply::ok(&Account::new(&caller, &state)).render())
}

body! {
    /// What changes of the account; what is absent stays
    pub struct AccountEdit {
        /// How calls of PhoneManageV2 are authenticated from now on
        #[schema(value_type = Authentication)]
        api_authentication: Field<ApiAuthentication>,
        /// It is the operator's to set
        #[schema(ignore)]
        phone_number_limit: Field<u32>,
    }
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
    params(Write),
    responses((status = 200, description = "The account from now on", body = OrDryRun<Account>), Problems)
)]
pub async fn edit(caller: Caller<Full>, write: Write, body: JsonBytes) -> Answer {
    let command = body.parse::<AccountEdit>()?.command()?;
    let before = caller.service.account_state(&caller.access.tenant).await?;
    let account = Account::new(&caller, &before);
    let render = move |outcome: &Outcome, _: &_| {
        let authentication = outcome.changed.iter().find_map(|change| match change {
            Change::Profile { after, .. } => Some(after.api_authentication.as_str()),
            _ => None,
        });
        Reply::ok(&Account {
            api_authentication: authentication.unwrap_or(account.api_authentication),
            version: outcome.version,
            user_name: account.user_name.clone(),
            key: account.key.clone(),
            ..account
        })
    };
    write.carry_out(caller.actor(), &body.0, Prepared::new(command, render)).await
}
