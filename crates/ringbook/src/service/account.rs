//! Accounts as a whole: listed, created, and their settings.

use directory::{AccountId, Profile, Refusal};

use super::{Authority, Failure, Service, Tenant};
use crate::store::{IdempotencyRecord, ListedAccount, Origin, Store};

/// An account as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    /// Its settings.
    pub profile: Profile,
    /// How many phones it has.
    pub phone_count: usize,
    /// How many skills it has.
    pub skill_count: usize,
    /// The number of its newest change.
    pub version: u64,
    /// The number of the newest change of its settings.
    pub settings_version: u64,
}

impl Service {
    /// At most `accounts_max` accounts whose `userName` sorts after `above`, sorted by it.
    pub async fn accounts(
        &self,
        above: &str,
        accounts_max: usize,
    ) -> Result<Vec<ListedAccount>, Failure> {
        let above = above.to_owned();
        self.query(&self.permits.pages, move |store| store.accounts(&above, accounts_max)).await
    }

    /// Creates an account, unless the operator's key was deleted, or has expired, since the request
    /// was authenticated. Returns none if its `userName` is taken.
    pub async fn create_account(
        &self,
        authority: &Authority,
        profile: &Profile,
        origin: &Origin,
        record: Option<IdempotencyRecord>,
    ) -> Result<Option<AccountId>, Failure> {
        self.verify_operator(authority).await?;
        let (profile, origin) = (profile.clone(), origin.clone());
        let create = move |store: &dyn Store, deadline| {
            store.create_account(&profile, &origin, record.as_ref(), deadline)
        };
        self.queue.write(create).await
    }

    /// The account of that name and its state now, for the operator.
    pub async fn account(&self, user_name: &str) -> Result<(Tenant, AccountState), Failure> {
        let tenant = self.tenant(user_name).await?;
        match self.account_state(&tenant).await {
            // The one in memory was deleted; another one may have its name by now.
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
        self.refresh(tenant).await?;
        let account = tenant.0.read();
        Ok(AccountState {
            profile: account.profile.clone(),
            phone_count: account.phones.len(),
            skill_count: account.skills.len(),
            version: account.counters.version,
            settings_version: account.counters.settings_version,
        })
    }
}
