//! What differs between the sides of a change, for people.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use serde_json::Value;

use super::change::{AssignedSkill, Change, Setting, Side};
use crate::http::console::time;

/// Fields and their names for people, in the order in which they are shown.
const FIELDS: [(&str, &str); 8] = [
    ("number", "Number"),
    ("name", "Name"),
    ("scope", "Scope"),
    ("expires_at", "Expires"),
    ("api_authentication", "API Authentication"),
    ("phone_number_limit", "Phone Number Creation Limit"),
    ("api_key", "API key"),
    ("erased_changes", "Changes erased"),
];

/// Those that say something about the change and have no earlier value.
const ONE_SIDED: [&str; 2] = ["api_key", "erased_changes"];

/// What differs. Of what begins or ends, all that it has.
pub struct Difference {
    pub fields: Vec<Field>,
    pub skills: Vec<Chip>,
}

/// A field: what it was and what it is, where it was and is there. Of an edit both are given.
pub struct Field {
    pub label: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A skill that a phone got, lost, or has another place in the ring order of.
pub struct Chip {
    pub id: String,
    pub name: String,
    /// Before the name, such as `+`.
    pub sign: &'static str,
    /// The same in a word; empty where it is all that a phone had or has.
    pub word: &'static str,
}

impl Difference {
    pub fn of(change: &Change) -> Self {
        let none = Side::default();
        let is_edit = change.before.is_some() && change.after.is_some();
        let [before, after] =
            [&change.before, &change.after].map(|it| it.as_ref().unwrap_or(&none));
        let plain = FIELDS.iter().filter_map(|(name, label)| {
            let sides = [before, after].map(|side| side.plain.get(*name).map(text));
            let is_edit = is_edit && !ONE_SIDED.contains(name);
            Field::of((*label).to_owned(), sides, is_edit)
        });
        let settings = settings(&before.settings, &after.settings);
        Self {
            fields: plain.chain(settings).collect(),
            skills: Chip::all(&before.skills, &after.skills, is_edit),
        }
    }
}

impl Field {
    fn of(label: String, sides: [Option<String>; 2], is_edit: bool) -> Option<Self> {
        if sides.iter().all(Option::is_none) {
            return None;
        }
        let none = || is_edit.then(|| "none".to_owned());
        let [before, after] = sides.map(|side| side.or_else(none));
        Some(Self { label, before, after })
    }

    pub fn is_edit(&self) -> bool {
        self.before.is_some() && self.after.is_some()
    }
}

impl Chip {
    fn all(before: &[AssignedSkill], after: &[AssignedSkill], is_edit: bool) -> Vec<Self> {
        let find = |all: &'_ [AssignedSkill], id: &str| {
            all.iter().find(|one| one.id == id).map(|one| one.position)
        };
        let chip = |skill: &AssignedSkill, (sign, word)| {
            let (id, name) = (skill.id.clone(), skill.name.clone());
            let (sign, word) = if is_edit { (sign, word) } else { ("", "") };
            Self { id, name, sign, word }
        };
        let old = before.iter().map(|old| match find(after, &old.id) {
            Some(place) if place < old.position => chip(old, ("↑", "rings earlier")),
            Some(_) => chip(old, ("↓", "rings later")),
            None => chip(old, ("−", "removed")),
        });
        let is_new = |new: &&AssignedSkill| find(before, &new.id).is_none();
        let new = after.iter().filter(is_new).map(|new| chip(new, ("+", "added")));
        old.chain(new).collect()
    }
}

/// `Ring time (s) in Sales: 20 → 30`
fn settings(before: &[Setting], after: &[Setting]) -> impl Iterator<Item = Field> {
    let mut told = BTreeMap::<String, [Option<String>; 2]>::new();
    for (side, settings) in [before, after].into_iter().enumerate() {
        for setting in settings {
            told.entry(setting_label(setting)).or_default()[side] = Some(setting_text(setting));
        }
    }
    told.into_iter().filter_map(|(label, sides)| Field::of(label, sides, true))
}

fn setting_label(setting: &Setting) -> String {
    let words = setting.key.replace('_', " ");
    let words = words.strip_suffix(" s").map_or(words.clone(), |words| format!("{words} (s)"));
    let in_skill = setting.skill.as_ref().map(|skill| format!(" in {}", skill.name));
    let (first, rest) = words.split_at_checked(1).unwrap_or_default();
    format!("{}{rest}{}", first.to_uppercase(), in_skill.unwrap_or_default())
}

fn setting_text(setting: &Setting) -> String {
    let value = setting.value_name.as_ref().unwrap_or(&setting.value);
    if setting.key != "pause" {
        return value.clone();
    }
    // A pause is `- lunch`, or `2026-01-02T03:04:05Z lunch`.
    match value.split_once(' ') {
        Some(("-", reason)) => reason.to_owned(),
        Some((until, reason)) => format!("{reason} until {}", time::for_people(until)),
        None if value == "-" => "on".to_owned(),
        None => format!("until {}", time::for_people(value)),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => time::for_people(text),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// In a line: `Name Ravi-2 → Ravi, + Sales`.
impl Display for Difference {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let fields = self.fields.iter().map(|Field { label, before, after }| {
            let sides: Vec<_> = [before, after].into_iter().flatten().map(String::as_str).collect();
            format!("{label} {}", sides.join(" → "))
        });
        let skills = self.skills.iter().map(|Chip { sign, name, .. }| format!("{sign} {name}"));
        let told: Vec<_> = fields.chain(skills.map(|chip| chip.trim().to_owned())).collect();
        out.write_str(&told.join(", "))
    }
}
