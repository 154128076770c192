//! `/v1/account`: what an account sees and sets of itself.

pub mod keys;
pub mod profile;

use directory::{ApiAuthentication, Change, Profile};
use serde::Serialize;
use utoipa::ToSchema;

use super::choice::choice_schema;
use crate::service::{AccountState, Outcome};
use crate::store::AccountSummary;

/// An account
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Account {
    /// Its name
    #[schema(example = "acme")]
    pub user_name: String,
    /// How calls of PhoneManageV2 are authenticated
    #[schema(value_type = Authentication)]
    pub api_authentication: &'static str,
    /// Most phones that it may have
    pub phone_number_limit: u32,
    /// How many phones it has
    phones: u64,
    /// How many skills it has
    skills: u64,
    /// Counts its changes: the number of the newest one
    version: u64,
}

choice_schema! {
    /// How calls of PhoneManageV2 are authenticated: `BASIC_AUTH` by the API key, `TOKEN_AUTH` by
    /// tokens that are made from it. The native API takes API keys whatever it is
    pub Authentication for ApiAuthentication = ApiAuthentication::ALL
}

impl Account {
    /// One with these settings that was made right now.
    pub fn new(profile: &Profile) -> Self {
        Self {
            user_name: profile.user_name.to_string(),
            api_authentication: profile.api_authentication.as_str(),
            phone_number_limit: profile.phone_number_limit,
            phones: 0,
            skills: 0,
            version: directory::Counters::NEW.version,
        }
    }

    pub fn of_state(state: &AccountState) -> Self {
        let (phones, skills) = (state.phone_count as u64, state.skill_count as u64);
        Self { phones, skills, version: state.version, ..Self::new(&state.profile) }
    }

    pub fn of_summary(summary: &AccountSummary) -> Self {
        let (phones, skills) = (summary.phone_count, summary.skill_count);
        let version = summary.head.counters.version;
        Self { phones, skills, version, ..Self::new(&summary.head.profile) }
    }

    /// The account as a command leaves its settings.
    pub fn edited(&self, outcome: &Outcome) -> Self {
        let edited = outcome.changed.iter().find_map(|change| match change {
            Change::Profile { after, .. } => Some(Self::new(after)),
            _ => None,
        });
        let Self { phones, skills, .. } = *self;
        Self { phones, skills, version: outcome.version, ..edited.unwrap_or_else(|| self.clone()) }
    }
}
