//! An account as a whole: its settings and how much it holds.

use directory::{Profile, Refusal};

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
    /// The account of that name and how it is now, for the operator.
    pub async fn account(&self, user_name: &str) -> Result<(Tenant, AccountState), Failure> {
        let tenant = self.tenant(user_name).await?;
        match self.account_state(&tenant).await {
            // The one in memory is gone; another one may have its name by now.
            Err(Failure::Refused(Refusal::NoSuchAccount)) => {
                let tenant = self.tenant(user_name).await?;
                let state = self.account_state(&tenant).await?;
                Ok((tenant, state))
            }
            state => Ok((tenant, state?)),
        }
    }

    /// The account as it is now.
    pub async fn account_state(&self, tenant: &Tenant) -> Result<AccountState, Failure> {
        self.current(tenant).await?;
        let account = tenant.0.account();
        Ok(AccountState {
            profile: account.profile.clone(),
            phone_count: account.phones.len(),
            skill_count: account.skills.len(),
            version: account.counters.version,
        })
    }
}
