//! A change of the history in a line.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use directory::Escaped;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::time;

/// A change, as the API shows it.
#[derive(Debug, Deserialize)]
pub struct Change {
    pub id: String,
    pub at: String,
    pub request: String,
    pub source: String,
    pub kind: String,
    pub phone: Option<String>,
    pub skill: Option<String>,
    key: Option<String>,
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
}

/// The fields that can change, in the order in which they are told.
const FIELDS: [&str; 9] = [
    "number",
    "name",
    "skills",
    "scope",
    "expires_at",
    "api_authentication",
    "phone_number_limit",
    "api_key",
    "settings",
];

/// A skill of a phone on one side of a change.
struct Held<'c> {
    id: &'c str,
    name: &'c str,
}

impl Change {
    /// Above the lines.
    pub const HEADER: &str = "id      time                     who             what";

    /// What was done, and to what: `phone p1 edited: name Ravi -> Mira`.
    pub fn what(&self) -> String {
        let (thing, verb) = self.kind.split_once('.').unwrap_or((&self.kind, ""));
        let id = [&self.phone, &self.skill, &self.key].into_iter().flatten().next();
        let id = id.map(|id| format!(" {id}")).unwrap_or_default();
        let done = match verb {
            "issue" => "issued".to_owned(),
            "routing" => "routing edited".to_owned(),
            verb if verb.ends_with('e') => format!("{verb}d"),
            verb => format!("{verb}ed"),
        };
        let fields = self.fields();
        let colon = if fields.is_empty() { "" } else { ": " };
        format!("{thing}{id} {done}{colon}{}", fields.join(", "))
    }

    fn fields(&self) -> Vec<String> {
        let is_edit = self.before.is_some() && self.after.is_some();
        let none = Map::new();
        let [before, after] =
            [&self.before, &self.after].map(|side| side.as_ref().unwrap_or(&none));
        let field = |name: &&str| match (before.get(*name), after.get(*name)) {
            (None, None) => None,
            (old, new) if *name == "skills" => skills(old, new, is_edit),
            (old, new) if *name == "settings" => Some(settings([old, new])),
            (_, new) if *name == "api_key" => Some(format!("{name} {}", text(new))),
            (old, new) if is_edit => Some(format!("{name} {} -> {}", text(old), text(new))),
            (old, new) => Some(format!("{name} {}", text(old.or(new)))),
        };
        FIELDS.iter().filter_map(field).collect()
    }
}

impl Display for Change {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { id, source, .. } = self;
        let (source, at) = (Escaped(source).to_string(), time::for_people(&self.at));
        write!(out, "{id:6}  {at}  {source:14}  {}", self.what())
    }
}

fn text(value: Option<&Value>) -> String {
    match value {
        None => "none".to_owned(),
        Some(Value::String(text)) => Escaped(text).to_string(),
        Some(value) => value.to_string(),
    }
}

/// `skills -Support +Sales`, and `Sales moved` where only the place in its ring order is another one.
/// Of a phone that begins or ends, its skills.
fn skills(before: Option<&Value>, after: Option<&Value>, is_edit: bool) -> Option<String> {
    let [before, after] = [before, after].map(held);
    let is_in = |all: &[Held<'_>], one: &Held<'_>| all.iter().any(|other| other.id == one.id);
    let lost = before.iter().map(|skill| (if is_in(&after, skill) { "" } else { "-" }, skill));
    let got = after.iter().filter(|skill| !is_in(&before, skill)).map(|skill| ("+", skill));
    let told = lost.chain(got).map(|(sign, skill)| match sign {
        _ if !is_edit => Escaped(skill.name).to_string(),
        "" => format!("{} moved", Escaped(skill.name)),
        sign => format!("{sign}{}", Escaped(skill.name)),
    });
    let told: Vec<_> = told.collect();
    (!told.is_empty()).then(|| format!("skills {}", told.join(" ")))
}

/// `pause none -> - lunch, ring_time_s in Sales 20 -> 30`.
fn settings(sides: [Option<&Value>; 2]) -> String {
    let mut told = BTreeMap::<String, [Option<&Value>; 2]>::new();
    for (side, settings) in sides.into_iter().enumerate() {
        for setting in settings.and_then(Value::as_array).into_iter().flatten() {
            let mut name = member(setting, "setting").to_owned();
            if let Some(skill) = setting.get("skill") {
                name += &format!(" in {}", Escaped(member(skill, "name")));
            }
            let value = setting.get("value_name").or_else(|| setting.get("value"));
            told.entry(name).or_default()[side] = value;
        }
    }
    let told = told.iter();
    let told = told.map(|(name, [old, new])| format!("{name} {} -> {}", text(*old), text(*new)));
    told.collect::<Vec<_>>().join(", ")
}

fn held(side: Option<&Value>) -> Vec<Held<'_>> {
    let skills = side.and_then(Value::as_array).into_iter().flatten();
    let held = |skill| Held { id: member(skill, "id"), name: member(skill, "name") };
    skills.map(held).collect()
}

fn member<'v>(object: &'v Value, name: &str) -> &'v str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}
