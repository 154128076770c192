//! `/v1/phones`

mod item;
mod list;

use std::sync::Arc;

use directory::{Change, PhoneId, SkillName, Skills};
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
pub struct Phone<'p> {
    /// Names the phone for good, also when its number changes
    #[schema(example = "p17")]
    pub id: String,
    /// 3 to 16 digits with an optional `+`, as written
    #[schema(example = "919876543210")]
    pub number: String,
    /// Unique within the account, without regard to case
    #[schema(example = "Ravi")]
    pub name: &'p str,
    /// The names of its skills, sorted
    #[schema(example = json!(["Sales", "Support"]))]
    pub skills: Vec<&'p str>,
}

impl<'p> Phone<'p> {
    /// A phone where it lies: a page of copies would be as much work as all the rest.
    fn of(id: PhoneId, phone: &'p directory::Phone, skills: &'p Skills) -> Self {
        let names = phone.skills.iter().filter_map(|held| skills.name(held.skill()));
        let mut names: Vec<_> = names.map(SkillName::as_str).collect();
        names.sort_unstable();
        let number = phone.number.text().as_str().to_owned();
        Self { id: id_text(id), number, name: phone.name.as_str(), skills: names }
    }
}

impl<'p> From<&'p ListedPhone> for Phone<'p> {
    fn from(phone: &'p ListedPhone) -> Self {
        Self {
            id: id_text(phone.id),
            number: phone.number.to_string(),
            name: phone.name.as_str(),
            skills: phone.skills.iter().map(SkillName::as_str).collect(),
        }
    }
}

/// Shows the phone as a command leaves it, or as it is if the command changes nothing.
pub fn after<T>(
    outcome: &Outcome,
    unchanged: Option<&ListedPhone>,
    skills: &Skills,
    show: impl FnOnce(&Phone<'_>) -> T,
) -> Option<T> {
    let changed = outcome.changed.iter().find_map(|change| match change {
        Change::Phone { id, after: Some(phone), .. } => Some(Phone::of(*id, phone, skills)),
        _ => None,
    });
    changed.or_else(|| unchanged.map(Phone::from)).map(|phone| show(&phone))
}
