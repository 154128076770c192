//! `/v1/skills`: the list, and new ones.

use directory::{Change, Command, SkillName};
use serde::Serialize;
use utoipa::ToSchema;

use super::Skill;
use crate::http::api::path::path_segment;
use crate::http::api::prelude::*;

/// All skills of an account
#[derive(Serialize, ToSchema)]
pub struct SkillList {
    /// Sorted by name
    skills: Vec<Skill>,
}

/// List skills
///
/// All skills of the account, sorted by name.
#[utoipa::path(
    get, path = "/v1/skills", tag = "skills",
    responses((status = 200, description = "All skills, sorted by name", body = SkillList))
)]
pub async fn list(caller: Caller<Read>, parameters: Query) -> Answer {
    parameters.check()?;
    let skills = caller.service.skills(&caller.access.tenant).await?;
    let skills = skills.into_iter().map(Skill::from).collect();
    Ok(Reply::ok(&SkillList { skills }).render())
}

body! {
    /// A skill to be created
    pub struct NewSkill {
        /// 1 to 64 characters without a comma, and none that cannot be seen; unique within the account
        #[schema(
            value_type = String, required, example = "Sales", min_length = 1, max_length = 64,
            pattern = r"^[^,\s]([^,]*[^,\s])?$"
        )]
        name: Field<SkillName>,
    }
}

impl NewSkill {
    pub fn name(self) -> Result<SkillName, Problem> {
        let mut faults = Faults::of(&self.others);
        let name = faults.required("name", self.name);
        Ok(faults.checked(name)?)
    }
}

/// Create a skill
///
/// No phone has it yet.
#[utoipa::path(
    post, path = "/v1/skills", tag = "skills", request_body = NewSkill,
    params(Write),
    responses(
        (status = 201, description = "The skill", body = Skill,
         headers(("Location", description = "Its path"))),
        (status = 200, description = "With dry_run: what would be done", body = DryRun)
    )
)]
pub async fn create(caller: Caller<Full>, write: Write, body: JsonBytes) -> Answer {
    let name = body.parse::<NewSkill>()?.name()?;
    let command = Command::CreateSkills { names: vec![name] };
    let prepared = Prepared::new(command, |outcome, _| {
        let created = outcome.changed.iter().find_map(|change| match change {
            Change::Skill { id, after: Some(name), .. } => Some((id.0, name.to_string())),
            _ => None,
        });
        let (id, name) = created.expect("a skill was created");
        let location = format!("/v1/skills/{}", path_segment(&name));
        Reply::ok(&Skill { id, name, phones: 0 }).created(Some(location))
    });
    write.carry_out(caller.actor(), &body.0, prepared).await
}
