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
    before: Option<Fields>,
    after: Option<Fields>,
}

/// The fields of one side of a change, of those that differ.
pub type Fields = Map<String, Value>;

/// Those that can change, in the order in which they are told.
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
        let fields = difference(self.before.as_ref(), self.after.as_ref());
        let colon = if fields.is_empty() { "" } else { ": " };
        format!("{thing}{id} {done}{colon}{fields}")
    }
}

/// What differs between the sides of a change: `name Ravi -> Mira, skills +Sales`. Of what begins or
/// ends, all that it has.
pub fn difference(before: Option<&Fields>, after: Option<&Fields>) -> String {
    let is_edit = before.is_some() && after.is_some();
    let field = |name: &&str| {
        let [old, new] = [before, after].map(|side| side?.get(*name));
        match *name {
            _ if old.or(new).is_none() => None,
            "skills" => skills(old, new, is_edit),
            "settings" => Some(settings([old, new])),
            "api_key" => Some(format!("{name} {}", text(new))),
            _ if is_edit => Some(format!("{name} {} -> {}", text(old), text(new))),
            _ => Some(format!("{name} {}", text(old.or(new)))),
        }
    };
    FIELDS.iter().filter_map(field).collect::<Vec<_>>().join(", ")
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

/// `skills -Support +Sales`, and `Sales moved 1 -> 2` where only the place in its ring order is another
/// one. Of a phone that begins or ends, its skills.
fn skills(before: Option<&Value>, after: Option<&Value>, is_edit: bool) -> Option<String> {
    let [before, after] = [before, after].map(|side| side.and_then(Value::as_array));
    let [before, after] = [before, after].map(|side| side.map_or(&[][..], |skills| skills));
    let same = |all: &'_ [Value], one: &Value| all.iter().position(|it| it["name"] == one["name"]);
    let name = |skill: &Value| Escaped(skill["name"].as_str().unwrap_or_default()).to_string();
    let lost = before.iter().map(|old| match same(after, old) {
        Some(new) => {
            let new = &after[new]["position"];
            format!("{} moved {} -> {new}", name(old), old["position"])
        }
        None if is_edit => format!("-{}", name(old)),
        None => name(old),
    });
    let got = after.iter().filter(|new| same(before, new).is_none());
    let sign = if is_edit { "+" } else { "" };
    let told: Vec<_> = lost.chain(got.map(|new| format!("{sign}{}", name(new)))).collect();
    (!told.is_empty()).then(|| format!("skills {}", told.join(" ")))
}

/// `pause none -> lunch until 2026-01-02 03:04:05 UTC, ring_time_s in Sales 20 -> 30`.
fn settings(sides: [Option<&Value>; 2]) -> String {
    let mut told = BTreeMap::<String, [Option<&Value>; 2]>::new();
    for (side, settings) in sides.into_iter().enumerate() {
        for setting in settings.and_then(Value::as_array).into_iter().flatten() {
            let in_skill = setting.get("skill").map(|skill| text(skill.get("name")));
            let in_skill = in_skill.map(|skill| format!(" in {skill}")).unwrap_or_default();
            let name = text(setting.get("setting")) + &in_skill;
            let value = setting.get("value_name").or_else(|| setting.get("value"));
            told.entry(name).or_default()[side] = value;
        }
    }
    let told = told.iter().map(|(name, sides)| {
        let is_pause = name.split(' ').next() == Some("pause");
        let [old, new] = sides.map(|side| if is_pause { pause(side) } else { text(side) });
        format!("{name} {old} -> {new}")
    });
    told.collect::<Vec<_>>().join(", ")
}

/// A pause, whose text is `- lunch` or `2026-01-02T03:04:05Z lunch`, for people.
fn pause(value: Option<&Value>) -> String {
    let text = text(value);
    match text.split_once(' ') {
        Some(("-", reason)) => reason.to_owned(),
        Some((until, reason)) => format!("{reason} until {}", time::for_people(until)),
        None if text == "-" => "on".to_owned(),
        None => time::for_people(&text),
    }
}
