//! `/v1/skills`

pub mod ring_order;

use directory::{Change, Command, IfAssigned, SkillName};
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{Page, PageParameters, PageRequest};
use super::parameter::Flag;
use super::prelude::*;
use crate::service::ListedSkill;

/// A skill
#[derive(Debug, Serialize, ToSchema)]
pub struct Skill {
    /// Names the skill for good, also when it is renamed
    #[schema(example = "s3")]
    pub id: String,
    /// Unique within the account, case included
    #[schema(example = "Sales")]
    pub name: String,
    /// How many phones have it
    #[schema(example = 12)]
    pub phones: usize,
}

impl From<ListedSkill> for Skill {
    fn from(skill: ListedSkill) -> Self {
        Self { id: skill.id.to_string(), name: skill.name.to_string(), phones: skill.phone_count }
    }
}

type SkillPage = Page<Skill>;

/// List skills
///
/// All skills of the account, sorted by name.
#[utoipa::path(
    get, path = "/v1/skills", tag = "skills", params(PageParameters),
    responses((status = 200, description = "Skills, sorted by name", body = SkillPage))
)]
pub async fn list(caller: Caller<Read>, mut parameters: Query) -> Answer {
    let page = PageRequest::read(&mut parameters, |name| Some(name.to_owned()));
    parameters.check()?;
    let skills = caller.service.skills(&caller.access.tenant).await?;
    let page = page.of(skills, |skill| skill.name.to_string());
    Ok(Reply::ok(&page.map(Skill::from)).render())
}

body! {
    /// A skill to be created
    pub struct SkillFields {
        /// 1 to 64 characters without a comma, and none that cannot be seen; not like an id, and not
        /// `.` or `..`; unique within the account
        #[schema(
            value_type = String, required, example = "Sales", min_length = 1, max_length = 64,
            pattern = r"^(?!(s[0-9]+|\.\.?)$)[^,\s]([^,]*[^,\s])?$"
        )]
        name: required SkillName,
    }
}

/// Create a skill
///
/// No phone has it yet.
#[utoipa::path(
    post, path = "/v1/skills", tag = "skills", request_body = SkillFields,
    responses(
        (status = 201, description = "The skill", body = Skill,
         headers(("Location", description = "Its path")))
    )
)]
pub async fn create(caller: Caller<Full>, write: Write, body: Json) -> Answer {
    let (name,) = body.read::<SkillFields>()?;
    let command = Command::CreateSkills { names: vec![name] };
    let prepared = Prepared::new(command, |outcome, _| {
        let created = outcome.changed.iter().find_map(|change| match change {
            Change::Skill { id, after: Some(name), .. } => Some((id.to_string(), name.to_string())),
            _ => None,
        });
        let (id, name) = created.expect("a skill was created");
        let location = format!("/v1/skills/{id}");
        Reply::ok(&Skill { id, name, phones: 0 }).created(Some(location))
    });
    write.carry_out(caller.actor(), &body.0, prepared).await
}

/// Get a skill
///
/// Its name, and how many phones have it.
#[utoipa::path(
    get, path = "/v1/skills/{skill}", tag = "skills",
    responses((status = 200, description = "The skill", body = Skill))
)]
pub async fn get(caller: Caller<Read>, Path(skill): Path, parameters: Query) -> Answer {
    parameters.check()?;
    let skill = caller.service.skill(&caller.access.tenant, &skill).await?;
    Ok(Reply::ok(&Skill::from(skill)).render())
}

/// Rename a skill
///
/// Its phones and its ring order stay.
#[utoipa::path(
    patch, path = "/v1/skills/{skill}", tag = "skills", request_body = SkillFields,
    params(("skill" = String, Path, description = "Its id, or its name until now")),
    responses((status = 200, description = "The skill from now on", body = Skill))
)]
pub async fn rename(caller: Caller<Full>, Path(name): Path, write: Write, body: Json) -> Answer {
    let prepare = async {
        let (name_new,) = body.read::<SkillFields>()?;
        let before = caller.service.skill(&caller.access.tenant, &name).await?;
        let renamed = Skill { name: name_new.to_string(), ..Skill::from(before) };
        let command = Command::RenameSkill { name, name_new };
        Ok(Prepared::new(command, move |_, _| Reply::ok(&renamed)))
    };
    write.prepare_and_carry_out(caller.actor(), &body.0, prepare).await
}

parameters!(struct UnassignParameter {
    /// Delete its assignments as well
    UNASSIGN: Flag = query "unassign";
});

/// Delete a skill
///
/// It must be assigned to no phone, unless `unassign` is `true`.
#[utoipa::path(
    delete, path = "/v1/skills/{skill}", tag = "skills", params(UnassignParameter),
    responses((status = 204, description = "It is gone"))
)]
pub async fn delete(caller: Caller<Full>, Path(name): Path, mut write: Write) -> Answer {
    let unassign = UNASSIGN.read(&mut write.query).unwrap_or(false);
    let if_assigned = if unassign { IfAssigned::Unassign } else { IfAssigned::Refuse };
    let command = Command::DeleteSkills { names: vec![name], if_assigned };
    write.carry_out(caller.actor(), b"", Prepared::without_content(command)).await
}
