//! An account as a whole: its settings and how much it holds.

use directory::Profile;

use super::{Failure, Service, Tenant};

/// An account as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// Its settings.
    pub profile: Profile,
    /// How many phones it has.
    pub phone_count: usize,
    /// How many skills it has.
    pub skill_count: usize,
    /// How many changes it has seen.
    pub version: u64,
}

impl Service {
    /// The account as it is now.
    pub async fn account_state(&self, tenant: &Tenant) -> Result<AccountState, Failure> {
        self.current(tenant).await?;
        let account = tenant.0.account();
        Ok(AccountState {
            profile: account.profile.clone(),
            phone_count: account.phones.len(),
            skill_count: account.skills.len(),
            version: account.heads.version,
        })
    }
}
