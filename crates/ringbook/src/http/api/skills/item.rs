//! `/v1/skills/{skill}`

use directory::{Command, IfAssigned};

use super::Skill;
use super::list::SkillFields;
use crate::http::api::parameter::Flag;
use crate::http::api::prelude::*;

parameters!(struct UnassignParameter {
    /// Delete its assignments as well
    UNASSIGN: Flag = query "unassign";
});

/// Get a skill
///
/// Its name, and how many phones have it.
#[utoipa::path(
    get, path = "/v1/skills/{skill}", tag = "skills",
    params(("skill" = String, Path, description = "Its id or its name")),
    responses((status = 200, description = "The skill", body = Skill))
)]
pub async fn get(caller: Caller<Read>, Path(skill): Path<String>, parameters: Query) -> Answer {
    parameters.check()?;
    let skill = caller.service.skill(&caller.access.tenant, &skill).await?;
    Ok(Reply::ok(&Skill::from(skill)).render())
}

/// Rename a skill
///
/// Its phones and its ring order stay.
#[utoipa::path(
    patch, path = "/v1/skills/{skill}", tag = "skills", request_body = SkillFields,
    params(("skill" = String, Path, description = "Its id, or its name until now"), Write),
    responses((status = 200, description = "The skill from now on", body = Skill))
)]
pub async fn rename(
    caller: Caller<Full>,
    Path(name): Path<String>,
    write: Write,
    body: JsonBytes,
) -> Answer {
    write.prepare_and_carry_out(caller.actor(), &body.0, prepare_rename(&caller, name, &body)).await
}

async fn prepare_rename(
    caller: &Caller<Full>,
    name: String,
    body: &JsonBytes,
) -> Result<Prepared, Problem> {
    let name_new = body.parse::<SkillFields>()?.name()?;
    let before = caller.service.skill(&caller.access.tenant, &name).await?;
    let renamed = Skill { name: name_new.to_string(), ..Skill::from(before) };
    let command = Command::RenameSkill { name, name_new };
    Ok(Prepared::new(command, move |_, _| Reply::ok(&renamed)))
}

/// Delete a skill
///
/// It must be assigned to no phone, unless `unassign` is `true`.
#[utoipa::path(
    delete, path = "/v1/skills/{skill}", tag = "skills",
    params(("skill" = String, Path, description = "Its id or its name"), UnassignParameter, Write),
    responses(Deleted)
)]
pub async fn delete(caller: Caller<Full>, Path(name): Path<String>, mut write: Write) -> Answer {
    let unassign = UNASSIGN.read(&mut write.query).unwrap_or(false);
    let if_assigned = if unassign { IfAssigned::Unassign } else { IfAssigned::Refuse };
    let command = Command::DeleteSkills { names: vec![name], if_assigned };
    write.carry_out(caller.actor(), b"", Prepared::without_content(command)).await
}
