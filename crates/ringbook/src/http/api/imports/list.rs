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
    let items_max = request.items_max;
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let mut imports = service.imports(tenant, below, items_max + 1).await?;
    let has_more = imports.len() > items_max;
    imports.truncate(items_max);
    let last = imports.last().filter(|_| has_more);
    let next = last.map(|last| request.cursor(&last.id.to_string()));
    let items = imports.into_iter().map(Import::from).collect();
    Ok(Reply::ok(&Page { items, next }).render())
}
