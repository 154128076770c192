//! `/v1/phones`

mod item;
mod list;

use std::sync::Arc;

use directory::{Change, SkillName, Skills};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use crate::rows::{id_text, lookup};
use crate::service::{ListedPhone, Outcome, Service};
pub use list::{FilterParameters, filter};

/// The routes of this folder.
pub fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(list::list, list::create)).routes(routes!(
        item::get,
        item::edit,
        item::delete
    ))
}

/// A phone
#[derive(Debug, Serialize, ToSchema)]
pub struct Phone {
    /// Names the phone for good, also when its number changes
    #[schema(example = "p17")]
    pub id: String,
    /// 3 to 16 digits with an optional `+`, as written
    #[schema(example = "919876543210")]
    pub number: String,
    /// Unique within the account, without regard to case
    #[schema(example = "Ravi")]
    pub name: String,
    /// The names of its skills, sorted
    #[schema(example = json!(["Sales", "Support"]))]
    pub skills: Vec<String>,
}

impl From<ListedPhone> for Phone {
    fn from(phone: ListedPhone) -> Self {
        Self {
            id: id_text(phone.id),
            number: phone.number.to_string(),
            name: phone.name.to_string(),
            skills: phone.skills.iter().map(SkillName::to_string).collect(),
        }
    }
}

/// The phone as a command leaves it, or as it is if the command changes nothing.
pub fn after(outcome: &Outcome, unchanged: Option<&ListedPhone>, skills: &Skills) -> Option<Phone> {
    let changed = outcome.changed.iter().find_map(|change| match change {
        Change::Phone { id, after: Some(phone), .. } => Some(ListedPhone::of(*id, phone, skills)),
        _ => None,
    });
    changed.or_else(|| unchanged.cloned()).map(Phone::from)
}
