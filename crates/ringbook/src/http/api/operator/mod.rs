//! `/v1/operator`: all accounts, for those who run the server.

pub mod item;
pub mod list;
pub mod rotate;

use directory::{AccountId, Profile};
use serde::Serialize;
use utoipa::ToSchema;

use super::account::profile::Authentication;
use super::path::path_segment;
use super::reply::etag;
use crate::service::AccountState;
use crate::store::AccountSummary;

/// An account as the operator sees it
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OperatedAccount {
    /// Its name
    #[schema(example = "acme")]
    user_name: String,
    /// How calls of PhoneManageV2 are authenticated
    #[schema(value_type = Authentication)]
    api_authentication: &'static str,
    /// Most phones that it may have
    phone_number_limit: u32,
    /// How many phones it has
    phones: u64,
    /// How many skills it has
    skills: u64,
    /// Counts its changes: the number of the newest one
    version: u64,
}

impl OperatedAccount {
    /// One with these settings that was made right now.
    fn new(profile: &Profile) -> Self {
        Self {
            user_name: profile.user_name.to_string(),
            api_authentication: profile.api_authentication.as_str(),
            phone_number_limit: profile.phone_number_limit,
            phones: 0,
            skills: 0,
            version: directory::Counters::NEW.version,
        }
    }

    fn of_state(state: &AccountState) -> Self {
        let (phones, skills) = (state.phone_count as u64, state.skill_count as u64);
        Self { phones, skills, version: state.version, ..Self::new(&state.profile) }
    }

    fn of_summary(summary: &AccountSummary) -> Self {
        let (phones, skills) = (summary.phone_count, summary.skill_count);
        let version = summary.head.counters.version;
        Self { phones, skills, version, ..Self::new(&summary.head.profile) }
    }

    /// The `ETag` of what the operator sets of it, which nothing that the account does changes.
    /// Another account that gets its name has another one, whatever its settings.
    fn etag(&self, id: AccountId) -> String {
        etag(&format!("{id} {} {}", self.api_authentication, self.phone_number_limit))
    }

    fn path(&self) -> String {
        format!("/v1/operator/accounts/{}", path_segment(&self.user_name))
    }
}
