//! `GET /v1/imports`

use super::Import;
use crate::http::api::page::{Page, PageParameters, PageRequest};
use crate::http::api::prelude::*;
use crate::store::ImportId;

type Imports = Page<Import>;

/// List imports
///
/// Imports and bulk requests that have changed something, newest first, as long as their first change
/// is kept.
#[utoipa::path(
    get, path = "/v1/imports", tag = "bulk", params(PageParameters),
    responses((status = 200, description = "A page of imports", body = Imports))
)]
pub async fn list(caller: Caller<Read>, mut parameters: Query) -> Answer {
    let request = PageRequest::read(&mut parameters, |text| text.parse().ok());
    parameters.check()?;
    let below = request.after.unwrap_or(ImportId(u64::MAX));
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let imports = service.imports(tenant, below, request.items_max + 1).await?;
    Ok(Reply::ok(&request.begin_of(imports, |import| import.id).map(Import::from)).render())
}
