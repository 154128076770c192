//! `/v1/phones`

pub mod item;
pub mod list;

use directory::{Change, PhoneId, PhoneNumber, SkillName, Skills};
use utoipa::ToSchema;

use crate::json::write_text;
pub use crate::rows::lookup;
use crate::service::{ListedPhone, Outcome};

/// Bytes of a phone with a few skills, as JSON.
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
    /// A phone that borrows: copying the phones of a page would take as long as all the rest.
    fn of(id: PhoneId, phone: &'p directory::Phone, skills: &'p Skills) -> Self {
        let mut names = Vec::new();
        sorted_names(&mut names, phone, skills);
        Self { id, number: phone.number, name: phone.name.as_str(), skills: names }
    }

    pub fn json(&self) -> String {
        let mut json = String::with_capacity(PHONE_BYTES);
        self.write(&mut json);
        json
    }

    /// Appends the phone as JSON.
    fn write(&self, json: &mut String) {
        write_phone(json, self.id, self.number, self.name, &self.skills);
    }
}

/// Replaces `names` by the names of a phone's skills, sorted.
pub fn sorted_names<'s>(names: &mut Vec<&'s str>, phone: &directory::Phone, skills: &'s Skills) {
    names.clear();
    let held = phone.skills.iter().filter_map(|held| skills.name(held.skill()));
    names.extend(held.map(SkillName::as_str));
    names.sort_unstable();
}

/// Appends a phone as JSON. A page has many of them, and serde with the formatting of the standard
/// library would take half of the time of a page.
fn write_phone(json: &mut String, id: PhoneId, number: PhoneNumber, name: &str, skills: &[&str]) {
    // Ids, numbers and names contain no character that JSON escapes.
    json.push_str("{\"id\":\"");
    json.push(PhoneId::LETTER);
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
            skills: phone.skills.iter().map(|(name, _)| name.as_str()).collect(),
        }
    }
}

/// The phone as a command leaves it; none if the command changes nothing.
fn changed<'o>(outcome: &'o Outcome, skills: &'o Skills) -> Option<Phone<'o>> {
    outcome.changed.iter().find_map(|change| match change {
        Change::Phone { id, after: Some(phone), .. } => Some(Phone::of(*id, phone, skills)),
        _ => None,
    })
}
