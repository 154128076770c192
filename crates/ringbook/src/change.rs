//! A change, as the native API shows it, and what it changed: the command line prints that in a line,
//! the console shows it on pages.

use std::collections::BTreeMap;

use directory::Escaped;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::time;

/// A change, as the API shows it.
#[derive(Debug, Deserialize)]
pub struct Change {
    pub id: String,
    pub at: String,
    pub request: String,
    pub import: Option<String>,
    pub source: String,
    pub kind: String,
    pub phone: Option<String>,
    pub skill: Option<String>,
    pub key: Option<String>,
    /// The name that its phone or skill has now, where that was asked for and is there.
    pub name_now: Option<String>,
    pub before: Option<Fields>,
    pub after: Option<Fields>,
}

/// The fields of one side of a change, of those that differ.
pub type Fields = Map<String, Value>;

/// Those that can change, beside skills and settings, in the order in which they are told.
const FIELDS: [&str; 8] = [
    "number",
    "name",
    "scope",
    "expires_at",
    "api_authentication",
    "phone_number_limit",
    "api_key",
    "erased_changes",
];

/// Those that say something about the change and have no earlier value.
const ONE_SIDED: [&str; 2] = ["api_key", "erased_changes"];

/// What differs between the sides of a change; of what begins or ends, all that it has. The texts are
/// for people, without what cannot be seen.
pub struct Difference {
    pub fields: Vec<Field>,
    /// Skills that a phone got, lost, or has another place in the ring order of.
    pub skills: Vec<Skill>,
    /// Whether it neither begins nor ends.
    pub is_edit: bool,
}

/// A field, before and after. Of an edit both are given.
pub struct Field {
    /// As in the API; of a setting of a phone in a skill `ring_time_s in Sales`.
    pub name: String,
    pub sides: [Option<String>; 2],
}

/// A skill of a phone.
pub struct Skill {
    pub id: String,
    pub name: String,
    /// Its position in the ring order before and after, where it had the skill.
    pub positions: [Option<u64>; 2],
}

impl Change {
    pub fn difference(&self) -> Difference {
        Difference::of(self.before.as_ref(), self.after.as_ref())
    }

    /// A field as it was last, if it changed.
    pub fn field(&self, name: &str) -> Option<&str> {
        let sides = [&self.after, &self.before].into_iter().flatten();
        sides.filter_map(|side| side.get(name)).find_map(Value::as_str)
    }
}

/// What a kind of change is about, and what was done to it: `phone` and `edited`.
pub fn kind_words(kind: &str) -> (&str, String) {
    let (thing, verb) = kind.split_once('.').unwrap_or((kind, ""));
    let done = match verb {
        "routing" => "routing edited".to_owned(),
        verb if verb.ends_with('e') => format!("{verb}d"),
        verb => format!("{verb}ed"),
    };
    (thing, done)
}

impl Difference {
    pub fn of(before: Option<&Fields>, after: Option<&Fields>) -> Self {
        let is_edit = before.is_some() && after.is_some();
        let sides = |name: &str| [before, after].map(|side| side?.get(name));
        let field = |name: &&str| {
            let is_edit = is_edit && !ONE_SIDED.contains(name);
            Field::of((*name).to_owned(), sides(name).map(|value| value.map(text)), is_edit)
        };
        let mut fields: Vec<_> = FIELDS.iter().filter_map(field).collect();
        fields.extend(settings(sides("settings")));
        Self { fields, skills: skills(sides("skills")), is_edit }
    }
}

impl Field {
    fn of(name: String, sides: [Option<String>; 2], is_edit: bool) -> Option<Self> {
        if sides.iter().all(Option::is_none) {
            return None;
        }
        let none = || is_edit.then(|| "none".to_owned());
        Some(Self { name, sides: sides.map(|side| side.or_else(none)) })
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => Escaped(&time::for_people(text)).to_string(),
        value => value.to_string(),
    }
}

/// The items of a list on either side: the number of the side, and the item.
fn items(sides: [Option<&Value>; 2]) -> impl Iterator<Item = (usize, &Value)> {
    let lists = sides.into_iter().enumerate();
    lists.flat_map(|(side, list)| {
        let items = list.and_then(Value::as_array).into_iter().flatten();
        items.map(move |item| (side, item))
    })
}

/// Those that were lost or moved first.
fn skills(sides: [Option<&Value>; 2]) -> Vec<Skill> {
    let mut skills = Vec::<Skill>::new();
    for (side, item) in items(sides) {
        let [id, name] =
            ["id", "name"].map(|member| item.get(member).map(text).unwrap_or_default());
        let found = skills.iter().position(|skill| skill.name == name);
        let index = found.unwrap_or(skills.len());
        if found.is_none() {
            skills.push(Skill { id, name, positions: [None, None] });
        }
        skills[index].positions[side] = item["position"].as_u64().or(Some(0));
    }
    skills
}

fn settings(sides: [Option<&Value>; 2]) -> impl Iterator<Item = Field> {
    let mut told = BTreeMap::<String, [Option<String>; 2]>::new();
    for (side, item) in items(sides) {
        let in_skill = item.get("skill").map(|skill| format!(" in {}", text(&skill["name"])));
        let name = text(&item["setting"]);
        let value = item.get("value_name").unwrap_or(&item["value"]);
        let value = match value {
            Value::String(value) if name == "pause" => pause(value),
            value => text(value),
        };
        told.entry(name + &in_skill.unwrap_or_default()).or_default()[side] = Some(value);
    }
    told.into_iter().filter_map(|(name, sides)| Field::of(name, sides, true))
}

/// A pause, whose text is `- lunch` or `2026-01-02T03:04:05Z lunch`, for people.
fn pause(text: &str) -> String {
    let (until, reason) = text.split_once(' ').unwrap_or((text, ""));
    match (until, Escaped(reason)) {
        ("-", Escaped("")) => "on".to_owned(),
        ("-", reason) => reason.to_string(),
        (until, Escaped("")) => format!("until {}", time::for_people(until)),
        (until, reason) => format!("{reason} until {}", time::for_people(until)),
    }
}

#[cfg(test)]
mod tests {
    use directory::Kind;

    use super::kind_words;

    #[test]
    fn each_kind_has_words() {
        let words = Kind::ALL.map(|kind| {
            let (thing, done) = kind_words(kind.as_str());
            format!("{thing} {done}")
        });
        let expected = "phone created, phone edited, phone deleted, phone erased, skill created, \
                        skill renamed, skill deleted, account created, account edited, account \
                        routing edited, skill routing edited, phone routing edited, key created, \
                        key edited, key deleted, token issued, account deleted, account erased";
        assert_eq!(words.join(", "), expected);
    }
}
