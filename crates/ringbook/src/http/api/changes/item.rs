//! `GET /v1/changes/{id}`

use super::change::Change;
use crate::http::api::code::Code;
use crate::http::api::prelude::*;

/// Get a change
#[utoipa::path(
    get, path = "/v1/changes/{id}", tag = "changes",
    params(("id" = u64, Path, description = "Its id")),
    responses((status = 200, description = "The change", body = Change))
)]
pub async fn get(caller: Caller<Read>, Path(id): Path<String>, parameters: Query) -> Answer {
    parameters.check()?;
    let history = caller.service.history_of_change(&caller.access.tenant, number(&id)?).await?;
    let change = Change::all(history).pop().expect("it was found");
    Ok(Reply::ok(&change).render())
}

/// The number of the change that a path names.
pub fn number(id: &str) -> Result<u64, Problem> {
    id.parse().map_err(|_| Problem::new(Code::NoSuchChange, format!("there is no change {id:?}")))
}
