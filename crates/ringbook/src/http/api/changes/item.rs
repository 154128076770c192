//! `GET /v1/changes/{id}`

use axum::body::Body;
use axum::http::Response;

use super::change::Change;
use crate::http::api::access::{Caller, Read};
use crate::http::api::code::Code;
use crate::http::api::path::Path;
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::query::Query;
use crate::http::api::reply::Reply;

/// Get a change
#[utoipa::path(
    get, path = "/v1/changes/{id}", tag = "changes",
    params(("id" = u64, Path, description = "Its id")),
    responses((status = 200, description = "The change", body = Change), Problems),
    security(("account" = []))
)]
pub async fn get(
    caller: Caller<Read>,
    Path(id): Path<String>,
    parameters: Query,
) -> Result<Response<Body>, Problem> {
    parameters.check()?;
    let history = caller.service.history_of_change(&caller.access.tenant, number(&id)?).await?;
    let change = Change::all(history).pop().expect("it was found");
    Ok(Reply::ok(&change).render(false))
}

/// The number of the change that a path names.
pub fn number(id: &str) -> Result<u64, Problem> {
    let none = |_| Problem::new(Code::NoSuchChange, format!("there is no change {id:?}"));
    id.parse().map_err(none)
}
