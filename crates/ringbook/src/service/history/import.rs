//! Imports, as they stand.

use crate::service::{Failure, Service, Tenant};
use crate::store::{Import, ImportId};

impl Service {
    /// The newest imports and bulk requests below an id, at most `rows_max`.
    pub async fn imports(
        &self,
        tenant: &Tenant,
        below: ImportId,
        rows_max: usize,
    ) -> Result<Vec<Import>, Failure> {
        self.refresh(tenant).await?;
        let id = tenant.id();
        self.query(&self.permits.pages, move |store| store.imports(id, below, rows_max)).await
    }

    /// One import or bulk request. It is kept for as long as its first change.
    pub async fn import(&self, tenant: &Tenant, id: ImportId) -> Result<Import, Failure> {
        let next = ImportId(id.0.saturating_add(1));
        let found = self.imports(tenant, next, 1).await?.pop();
        if let Some(found) = found.filter(|found| found.id == id) {
            return Ok(found);
        }
        match self.change(tenant, id.0).await {
            Err(pruned @ Failure::Pruned(_)) => Err(pruned),
            _ => Err(Failure::NoSuchImport(id)),
        }
    }
}
