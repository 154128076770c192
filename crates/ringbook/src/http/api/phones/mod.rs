//! `/v1/phones`

mod item;
mod list;

use std::sync::Arc;

use directory::{Change, PhoneId, PhoneNumber, SkillName, Skills};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use crate::rows::{IdText, lookup};
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
    #[serde(serialize_with = "id")]
    #[schema(value_type = String, example = "p17")]
    pub id: PhoneId,
    /// 3 to 16 digits with an optional `+`, as written
    #[serde(serialize_with = "number")]
    #[schema(value_type = String, example = "919876543210")]
    pub number: PhoneNumber,
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
        Self { id, number: phone.number, name: phone.name.as_str(), skills: names }
    }
}

impl<'p> From<&'p ListedPhone> for Phone<'p> {
    fn from(phone: &'p ListedPhone) -> Self {
        Self {
            id: phone.id,
            number: phone.number,
            name: phone.name.as_str(),
            skills: phone.skills.iter().map(SkillName::as_str).collect(),
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn id<S: Serializer>(id: &PhoneId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&IdText(*id))
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn number<S: Serializer>(number: &PhoneNumber, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(number.text().as_str())
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
