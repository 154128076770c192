//! Routing settings, as they are shown.

use directory::routing::Settings;
use directory::{RoutingOf, Skills, View, find_subject};

use crate::service::{Failure, Service, Tenant};

impl Service {
    /// The routing settings of the account, of a skill or of a phone, shown with the skills of the account,
    /// and their version, as a command expects it.
    pub async fn routing_settings<T>(
        &self,
        tenant: &Tenant,
        of: &RoutingOf,
        show: impl FnOnce(&Settings, &Skills) -> T,
    ) -> Result<(T, u64), Failure> {
        self.refresh(tenant).await?;
        let account = tenant.0.read();
        let view = View::new(&account);
        let subject = find_subject(&view, of)?;
        Ok((show(view.routing(subject), &account.skills), view.routing_version(subject)))
    }
}
