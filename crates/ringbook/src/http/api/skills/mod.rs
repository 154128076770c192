//! `/v1/skills`

pub mod item;
pub mod list;
pub mod ring_order;

use serde::Serialize;
use utoipa::ToSchema;

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
