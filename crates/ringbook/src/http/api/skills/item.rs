//! `/v1/skills/{skill}`

use axum::body::Body;
use axum::http::Response;
use directory::{Assigned, Command, Skills};

use super::Skill;
use super::list::NewSkill;
use crate::http::api::access::{Caller, Full, Read};
use crate::http::api::body::JsonBytes;
use crate::http::api::path::Path;
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::query::Query;
use crate::http::api::reply::Reply;
use crate::http::api::trial::{DryRun, OrDryRun};
use crate::http::api::write::{Write, WriteParameters};
use crate::service::Outcome;

/// Get a skill
#[utoipa::path(
    get, path = "/v1/skills/{skill}", tag = "skills",
    params(("skill" = String, Path, description = "Its name")),
    responses((status = 200, description = "The skill", body = Skill), Problems),
    security(("account" = []))
)]
pub async fn get(
    caller: Caller<Read>,
    Path(skill): Path<String>,
    parameters: Query,
) -> Result<Response<Body>, Problem> {
    parameters.check()?;
    let skill = caller.service.skill(&caller.access.tenant, &skill).await?;
    Ok(Reply::ok(&Skill::from(skill)).render(false))
}

/// Rename a skill
///
/// Its phones and its ring order stay.
#[utoipa::path(
    patch, path = "/v1/skills/{skill}", tag = "skills", request_body = NewSkill,
    params(("skill" = String, Path, description = "Its name until now"), WriteParameters),
    responses((status = 200, description = "The skill from now on", body = OrDryRun<Skill>), Problems),
    security(("account" = []))
)]
pub async fn rename(
    caller: Caller<Full>,
    Path(name): Path<String>,
    write: Write,
    body: JsonBytes,
) -> Result<Response<Body>, Problem> {
    let prepare = async {
        let name_new = body.parse::<NewSkill>()?.name()?;
        let before = caller.service.skill(&caller.access.tenant, &name).await?;
        let after = Skill { name: name_new.to_string(), ..Skill::from(before) };
        let render = move |_: &Outcome, _: &Skills| Reply::ok(&after);
        Ok((Command::RenameSkill { name: name.clone(), name_new }, render))
    };
    write.carry_out_prepared(&caller, &body.0, None, prepare).await
}

/// Delete a skill
///
/// It must be assigned to no phone, unless `unassign` is `true`.
#[utoipa::path(
    delete, path = "/v1/skills/{skill}", tag = "skills",
    params(
        ("skill" = String, Path, description = "Its name"),
        ("unassign" = Option<bool>, Query, description = "Delete its assignments as well"),
        WriteParameters
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 200, description = "With dry_run: what would be done", body = DryRun),
        Problems
    ),
    security(("account" = []))
)]
pub async fn delete(
    caller: Caller<Full>,
    Path(name): Path<String>,
    mut write: Write,
) -> Result<Response<Body>, Problem> {
    let assigned = if write.query.flag("unassign") { Assigned::Unassigned } else { Assigned::Kept };
    let command = Command::DeleteSkills { names: vec![name], assigned };
    write.carry_out(&caller, b"", command, |_, _| Reply::no_content()).await
}
