//! `/v1/skills`

mod item;
mod list;
mod ring_order;

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::service::{ListedSkill, Service};

/// The routes of this folder.
pub fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new()
        .routes(routes!(list::list, list::create))
        .routes(routes!(item::get, item::rename, item::delete))
        .routes(routes!(ring_order::get, ring_order::replace))
        .routes(routes!(ring_order::move_one))
}

/// A skill
#[derive(Debug, Serialize, ToSchema)]
pub struct Skill {
    /// Names the skill for good, also when it is renamed
    #[schema(example = 3)]
    pub id: u32,
    /// Unique within the account, case included
    #[schema(example = "Sales")]
    pub name: String,
    /// How many phones have it
    #[schema(example = 12)]
    pub phones: usize,
}

impl From<ListedSkill> for Skill {
    fn from(skill: ListedSkill) -> Self {
        Self { id: skill.id.0, name: skill.name.to_string(), phones: skill.phone_count }
    }
}
