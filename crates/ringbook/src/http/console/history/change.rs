//! A change, as the API shows it.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::difference::Difference;

/// Who did what, when.
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
    pub before: Option<Side>,
    pub after: Option<Side>,
}

/// What changed, on one side of the change.
#[derive(Debug, Default, Deserialize)]
pub struct Side {
    #[serde(default)]
    pub skills: Vec<AssignedSkill>,
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// All other fields.
    #[serde(flatten)]
    pub plain: Map<String, Value>,
}

/// A skill that a phone has.
#[derive(Debug, Deserialize)]
pub struct AssignedSkill {
    pub id: String,
    pub name: String,
    /// The lowest rings first.
    pub position: u64,
}

/// A routing setting.
#[derive(Debug, Deserialize)]
pub struct Setting {
    #[serde(rename = "setting")]
    pub key: String,
    pub skill: Option<SkillName>,
    pub value: String,
    pub value_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct SkillName {
    pub name: String,
}

/// A kind of change in words, such as `Phone deleted`.
pub fn kind_text(kind: &str) -> String {
    let (thing, verb) = kind.split_once('.').unwrap_or((kind, ""));
    let thing = match thing {
        "phone" => "Phone",
        "skill" => "Skill",
        "account" => "Account",
        "key" => "API key",
        "token" => "Token",
        other => other,
    };
    match verb {
        "routing" => format!("{thing} routing edited"),
        verb if verb.ends_with('e') => format!("{thing} {verb}d"),
        verb => format!("{thing} {verb}ed"),
    }
}

impl Change {
    /// What a field has, if it changed: as it was last.
    pub fn field(&self, name: &str) -> Option<&str> {
        let sides = [&self.after, &self.before].into_iter().flatten();
        sides.filter_map(|side| side.plain.get(name)).find_map(Value::as_str)
    }

    /// The number in its id.
    pub fn version(&self) -> u64 {
        self.id.strip_prefix('c').and_then(|version| version.parse().ok()).unwrap_or_default()
    }

    /// Whether a change of this kind can be taken back at all.
    pub fn is_revertible(&self) -> bool {
        let is_of = |thing| self.kind.starts_with(thing);
        let is_of_directory = is_of("phone.") || is_of("skill.") || self.kind.ends_with(".routing");
        let is_of_settings = self.field("api_authentication").is_some();
        (is_of_directory || is_of_settings) && self.kind != "phone.erase"
    }

    /// Whether both were done by one import or, outside of imports, by one request.
    pub fn is_of_same(&self, other: &Self) -> bool {
        let same = if self.import.is_some() {
            self.import == other.import
        } else {
            self.request == other.request
        };
        same && self.id != other.id
    }

    /// In a line: `Phone edited: Name Ravi-2 → Ravi`.
    pub fn told(&self) -> String {
        let difference = Difference::of(self).to_string();
        let colon = if difference.is_empty() { "" } else { ": " };
        format!("{}{colon}{difference}", kind_text(&self.kind))
    }
}

#[cfg(test)]
mod tests {
    use directory::Kind;

    use super::kind_text;

    #[test]
    fn each_kind_has_words() {
        let words = Kind::ALL.map(|kind| kind_text(kind.as_str())).join(", ");
        let expected = "Phone created, Phone edited, Phone deleted, Phone erased, Skill created, \
                        Skill renamed, Skill deleted, Account created, Account edited, Account \
                        routing edited, Skill routing edited, Phone routing edited, API key \
                        created, API key edited, API key deleted, Token issued, Account deleted, \
                        Account erased";
        assert_eq!(words, expected);
    }
}
