//! `/v1/account`: the settings of the account that calls.

use directory::{ApiAuthentication, Command, ProfileEdit};
use serde::Serialize;
use utoipa::ToSchema;

use super::keys::Scope;
use super::{Account, Authentication};
use crate::http::api::access::Needs;
use crate::http::api::field::PhoneNumberLimit;
use crate::http::api::prelude::*;

/// The account that calls
#[derive(Serialize, ToSchema)]
pub struct OwnAccount {
    #[serde(flatten)]
    account: Account,
    /// The key that calls
    key: CallingKey,
}

/// The key that calls
#[derive(Clone, Serialize, ToSchema)]
pub struct CallingKey {
    /// Its id; `k0` is the account's own one
    #[schema(example = "k7")]
    id: String,
    /// What it is good for
    #[schema(value_type = Scope)]
    scope: &'static str,
}

impl CallingKey {
    fn of<S: Needs>(caller: &Caller<S>) -> Self {
        Self { id: caller.access.key.to_string(), scope: caller.access.scope.as_str() }
    }
}

/// Get the account
///
/// Its settings, and how many phones it has.
#[utoipa::path(
    get, path = "/v1/account", tag = "account",
    responses((status = 200, description = "The account that calls", body = OwnAccount))
)]
pub async fn get(caller: Caller<Read>, parameters: Query) -> Answer {
    parameters.check()?;
    let state = caller.service.account_state(&caller.access.tenant).await?;
    let account = Account::of_state(&state);
    Ok(Reply::ok(&OwnAccount { account, key: CallingKey::of(&caller) }).render())
}

body! {
    /// What changes of the account; what is absent stays
    pub struct AccountEdit {
        /// How calls of PhoneManageV2 are authenticated from now on
        #[schema(value_type = Authentication)]
        api_authentication: Field<ApiAuthentication>,
        /// It is the operator's to set
        #[schema(ignore)]
        phone_number_limit: Field<PhoneNumberLimit>,
    }
}

impl AccountEdit {
    fn command(self) -> Result<Command, Faults> {
        let mut faults = Faults::of(&self.others);
        if self.phone_number_limit != Field::Absent {
            let why = "is the operator's to set, ask them";
            faults.add("phone_number_limit", "operator_only", why);
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
    responses((status = 200, description = "The account from now on", body = OwnAccount))
)]
pub async fn edit(caller: Caller<Full>, write: Write, body: Json) -> Answer {
    let command = body.parse::<AccountEdit>()?.command()?;
    let before = caller.service.account_state(&caller.access.tenant).await?;
    let (before, key) = (Account::of_state(&before), CallingKey::of(&caller));
    let prepared = Prepared::new(command, move |outcome, _| {
        Reply::ok(&OwnAccount { account: before.edited(outcome), key: key.clone() })
    });
    write.carry_out(caller.actor(), &body.0, prepared).await
}
