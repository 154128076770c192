//! `/v1/changes`: the history, and reverting changes.

pub mod change;
pub mod list;
pub mod revert;

use directory::ChangeId;

use super::code::Code;
use super::prelude::*;
use change::Change;

/// Get a change
///
/// As the history and the feed have it.
#[utoipa::path(
    get, path = "/v1/changes/{change}", tag = "changes",
    responses((status = 200, description = "The change", body = Change))
)]
pub async fn get(caller: Caller<Read>, id: Path, parameters: Query) -> Answer {
    parameters.check()?;
    let ChangeId(version) = id.id(Code::NoSuchChange)?;
    let change = caller.service.change_to(&caller.access.tenant, version).await?;
    Ok(Reply::ok(&Change::from(change)).render())
}
