//! `/v1/phones`

mod item;
mod list;

use std::sync::Arc;

use directory::{Change, PhoneId, PhoneNumber, SkillName, Skills};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::json::write_text;
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

/// What a phone with a few skills takes as JSON.
const PHONE_BYTES: usize = 128;

/// A phone
#[derive(Debug, ToSchema)]
pub struct Phone<'p> {
    /// Names the phone for good, also when its number changes
    #[schema(value_type = String, example = "p17")]
    pub id: PhoneId,
    /// 3 to 16 digits with an optional `+`, as written
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
        let mut names = Vec::new();
        sorted_names(&mut names, phone, skills);
        Self { id, number: phone.number, name: phone.name.as_str(), skills: names }
    }

    /// It as JSON.
    pub fn json(&self) -> String {
        let mut json = String::with_capacity(PHONE_BYTES);
        self.write(&mut json);
        json
    }

    /// Adds it as JSON.
    fn write(&self, json: &mut String) {
        write_phone(json, self.id, self.number, self.name, &self.skills);
    }
}

/// Leaves in `names` the names of a phone's skills, sorted.
fn sorted_names<'s>(names: &mut Vec<&'s str>, phone: &directory::Phone, skills: &'s Skills) {
    names.clear();
    let held = phone.skills.iter().filter_map(|held| skills.name(held.skill()));
    names.extend(held.map(SkillName::as_str));
    names.sort_unstable();
}

/// Adds a phone as JSON. A page has many of them, and with serde and the formatting of the standard
/// library they would take half of all that a page takes.
fn write_phone(json: &mut String, id: PhoneId, number: PhoneNumber, name: &str, skills: &[&str]) {
    // Neither an id nor a number nor a name has a character that JSON would escape.
    json.push_str("{\"id\":\"");
    json.push(IdText::LETTER);
    json.push_str(itoa::Buffer::new().format(id.0));
    json.push_str("\",\"number\":\"");
    json.push_str(number.text().as_str());
    json.push_str("\",\"name\":\"");
    json.push_str(name);
    json.push_str("\",\"skills\":[");
    for (place, skill) in skills.iter().enumerate() {
        json.push_str(if place == 0 { "\"" } else { "\",\"" });
        write_text(json, skill);
    }
    json.push_str(if skills.is_empty() { "]}" } else { "\"]}" });
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use utoipa::PartialSchema as _;

    use super::*;

    #[test]
    fn a_phone_is_the_json_that_is_described() {
        let odd = vec!["\"A\"", "\\B", "\u{1}\n", "\u{7f}", "Größe", "Sales"];
        for skills in [vec![], vec!["Sales"], odd] {
            let number = PhoneNumber::parse("+919876543210").unwrap();
            let phone = Phone { id: PhoneId(17), number, name: "Ravi", skills: skills.clone() };
            let read: Value = serde_json::from_str(&phone.json()).unwrap();
            let is =
                json!({"id": "p17", "number": "+919876543210", "name": "Ravi", "skills": skills});
            assert_eq!(read, is);
            let described = serde_json::to_value(Phone::schema()).unwrap();
            let members = described["properties"].as_object().unwrap().keys();
            assert!(members.eq(read.as_object().unwrap().keys()), "{described}");
        }
    }
}
