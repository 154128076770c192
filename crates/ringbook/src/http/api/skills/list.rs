//! `/v1/skills`: the list, and new ones.

use super::Skill;
use crate::http::api::page::{Page, PageParameters, PageRequest};
use crate::http::api::prelude::*;
use directory::{Change, Command, SkillName};

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
        name: Field<SkillName>,
    }
}

impl SkillFields {
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
    post, path = "/v1/skills", tag = "skills", request_body = SkillFields,
    params(Write),
    responses(
        (status = 201, description = "The skill", body = Skill,
         headers(("Location", description = "Its path")))
    )
)]
pub async fn create(caller: Caller<Full>, write: Write, body: JsonBytes) -> Answer {
    let name = body.parse::<SkillFields>()?.name()?;
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
