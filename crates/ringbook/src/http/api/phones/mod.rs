//! `/v1/phones`

mod item;
mod list;

use std::io::Write as _;
use std::sync::Arc;

use directory::{Change, PhoneId, PhoneNumber, SkillName, Skills};
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
        let names = phone.skills.iter().filter_map(|held| skills.name(held.skill()));
        let mut names: Vec<_> = names.map(SkillName::as_str).collect();
        names.sort_unstable();
        Self { id, number: phone.number, name: phone.name.as_str(), skills: names }
    }

    /// It as JSON.
    pub fn json(&self) -> Vec<u8> {
        let mut json = Vec::with_capacity(PHONE_BYTES);
        self.write(&mut json);
        json
    }

    /// Adds it as JSON. A page has many of them, and serde, which looks at each name of a member
    /// for what must be escaped, would take a quarter of all that a page takes.
    fn write(&self, json: &mut Vec<u8>) {
        const WRITES: &str = "a Vec takes all";
        // Neither an id nor a number nor a name has a character that JSON would escape.
        write!(json, "{{\"id\":\"{}\",\"number\":\"", IdText(self.id)).expect(WRITES);
        json.extend_from_slice(self.number.text().as_str().as_bytes());
        json.extend_from_slice(b"\",\"name\":\"");
        json.extend_from_slice(self.name.as_bytes());
        json.extend_from_slice(b"\",\"skills\":[");
        for (place, skill) in self.skills.iter().enumerate() {
            if place > 0 {
                json.push(b',');
            }
            serde_json::to_writer(&mut *json, skill).expect(WRITES);
        }
        json.extend_from_slice(b"]}");
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
        for skills in [vec![], vec!["Sales"], vec!["\"A\\B\"", "Größe", "Sales"]] {
            let number = PhoneNumber::parse("+919876543210").unwrap();
            let phone = Phone { id: PhoneId(17), number, name: "Ravi", skills: skills.clone() };
            let read: Value = serde_json::from_slice(&phone.json()).unwrap();
            let is =
                json!({"id": "p17", "number": "+919876543210", "name": "Ravi", "skills": skills});
            assert_eq!(read, is);
            let described = serde_json::to_value(Phone::schema()).unwrap();
            let members = described["properties"].as_object().unwrap().keys();
            assert!(members.eq(read.as_object().unwrap().keys()), "{described}");
        }
    }
}
