//! A change as JSON: the same in the history, the feed, and the answer to a revert.

use directory::routing::{Key, Subject, Value};
use directory::{Assignment, ChangeId, Delta, FieldChange, Kind, SkillNames};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::account::{Authentication, keys::Scope};
use crate::http::api::choice::choice_schema;
use crate::service::clock::time_text;
use crate::service::{HistoricChange, History};
use crate::store::ImportId;

/// A change: who did what, when, in which request. It stays as it is, byte for byte
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    /// Names the change: the account's changes are numbered from `c1` on, without a gap
    #[schema(value_type = String, example = "c17")]
    pub id: String,
    /// When
    #[schema(format = "date-time")]
    at: String,
    /// The request that asked for it, as in its header `Ringbook-Request-Id`
    #[schema(example = "r8c3f0a917d24be65")]
    request: String,
    /// The import or bulk request that it is a part of; absent where it is of none
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, example = "i17")]
    import: Option<ImportId>,
    /// Who: `api` is the account's own key, `api:NAME` another one of its keys, `cli:NAME` and
    /// `operator:NAME` are the operator
    #[schema(example = "api:Wallboard")]
    source: String,
    /// What kind of change
    #[schema(value_type = ChangeKind)]
    kind: &'static str,
    /// The id of the phone that it is about, if it is about one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "p17")]
    phone: Option<String>,
    /// The id of the skill that it is about, if it is about one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "s3")]
    skill: Option<String>,
    /// The id of the API key that it is about, if it is about one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "k2")]
    key: Option<String>,
    /// With `show_names`: the name that the phone or the skill has now; absent where it is not there
    /// any more
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Ravi")]
    pub name_now: Option<String>,
    /// What it was, of the fields that changed; `null` where it did not exist
    #[schema(required)]
    before: Option<ChangedFields>,
    /// What it was from then on, of the same fields; `null` where it does not exist any more
    #[schema(required)]
    after: Option<ChangedFields>,
}

/// Fields of a phone, a skill, a key, or the account; those that did not change are absent
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ChangedFields {
    /// Of a phone; `erased` where it was
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "919876543210")]
    number: Option<String>,
    /// Of a phone, a skill or a key; of a phone `erased` and its id where it was erased
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Ravi")]
    name: Option<String>,
    /// Of a phone: the skills that it lost or got, or has another place in the ring order of; sorted
    /// by name
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    skills: Option<Vec<ChangedSkill>>,
    /// Of a key
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Scope>, nullable = false)]
    scope: Option<&'static str>,
    /// Of a key; absent where it does not expire
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "date-time")]
    expires_at: Option<String>,
    /// Of the account
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Authentication>, nullable = false)]
    api_authentication: Option<&'static str>,
    /// Of the account
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    phone_number_limit: Option<u32>,
    /// Of the account: `changed` where its own API key was
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "changed")]
    api_key: Option<&'static str>,
    /// Of routing: the settings that changed, those that were set on this side
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    settings: Option<Vec<ChangedSetting>>,
    /// Of an erasure: the changes in which marks took the place of the phone's numbers and names
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    erased_changes: Option<u64>,
}

/// A skill of a phone, and the place of the phone in its ring order
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct ChangedSkill {
    /// The id of the skill
    #[schema(example = "s3")]
    id: String,
    /// The name that the skill had then
    #[schema(example = "Sales")]
    name: String,
    /// The lowest rings first
    #[schema(example = 7)]
    position: u64,
}

/// A routing setting of the account, a skill or a phone
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedSetting {
    /// Which one
    #[schema(example = "ring_time_s")]
    setting: String,
    /// The skill for which a phone has it; absent where it is for all
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    skill: Option<NamedSkill>,
    /// Its value, as text; of `overflow` the id of the skill
    #[schema(example = "20")]
    value: String,
    /// Of `overflow`: the name that the skill had then
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Support")]
    value_name: Option<String>,
}

/// A skill, as it was then
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedSkill {
    /// The id of the skill
    #[schema(example = "s3")]
    id: String,
    /// The name that the skill had then
    #[schema(example = "Sales")]
    name: String,
}

choice_schema! {
    /// What kind of change: what it is about, and what was done to it
    pub ChangeKind for Kind = Kind::ALL
}

impl Change {
    /// All changes of a page.
    pub fn all(history: History) -> Vec<Self> {
        history.changes.into_iter().map(Self::from).collect()
    }
}

impl From<HistoricChange> for Change {
    fn from(HistoricChange { row, past }: HistoricChange) -> Self {
        let kind = row.kind.as_str();
        let (begins, ends) = (kind.ends_with(".create"), kind.ends_with(".delete"));
        let (mut phone, mut skill, mut key) = (None, None, None);
        match &past {
            Delta::Phone { id, .. }
            | Delta::Erasure { id, .. }
            | Delta::Routing { subject: Subject::Phone(id), .. } => phone = Some(id.to_string()),
            Delta::Skill { id, .. } | Delta::Routing { subject: Subject::Skill(id), .. } => {
                skill = Some(id.to_string());
            }
            Delta::Key { id, .. } => key = Some(id.to_string()),
            Delta::Routing { .. } | Delta::Profile { .. } | Delta::Other(_) => {}
        }
        Self {
            id: ChangeId(row.version).to_string(),
            at: time_text(row.at_us),
            request: row.request_id.to_string(),
            import: row.import,
            source: row.source,
            kind,
            phone,
            skill,
            key,
            name_now: None,
            before: (!begins).then(|| ChangedFields::of(&past, Side::Before)),
            after: (!ends).then(|| ChangedFields::of(&past, Side::After)),
        }
    }
}

impl ChangedFields {
    /// The fields that changed, on one side of the change.
    fn of(past: &Delta, side: Side) -> Self {
        let none = Self::default();
        match past {
            Delta::Phone { number, name, lost, got, skill_names, .. } => {
                let has_skills = !lost.is_empty() || !got.is_empty();
                let held = if side == Side::Before { lost } else { got };
                Self {
                    number: side.of(number.as_ref()).map(ToString::to_string),
                    name: side.of(name.as_ref()).map(ToString::to_string),
                    skills: has_skills.then(|| ChangedSkill::all(held, skill_names)),
                    ..none
                }
            }
            Delta::Skill { name, .. } => {
                Self { name: side.of(Some(name)).map(ToString::to_string), ..none }
            }
            Delta::Key { name, scope, expires_us, .. } => Self {
                name: side.of(name.as_ref()).map(|name| name.as_str().into()),
                scope: side.of(scope.as_ref()).map(|scope| scope.as_str()),
                expires_at: side.of(expires_us.as_ref()).map(|at_us| time_text(*at_us)),
                ..none
            },
            Delta::Profile { api_authentication, phone_number_limit, is_key_changed } => Self {
                api_authentication: side.of(api_authentication.as_ref()).map(|way| way.as_str()),
                phone_number_limit: side.of(phone_number_limit.as_ref()).copied(),
                api_key: (side == Side::After && *is_key_changed).then_some("changed"),
                ..none
            },
            Delta::Routing { settings, skill_names, .. } => {
                let set = |(key, sides): &(Key, _)| {
                    Some(ChangedSetting::of(*key, side.of(Some(sides))?, skill_names))
                };
                Self { settings: Some(settings.iter().filter_map(set).collect()), ..none }
            }
            Delta::Erasure { changes, .. } => {
                Self { erased_changes: (side == Side::After).then_some(*changes), ..none }
            }
            Delta::Other(_) => none,
        }
    }
}

impl ChangedSetting {
    fn of(key: Key, value: &Value, names: &SkillNames) -> Self {
        let name = |skill| names.get(&skill).map(ToString::to_string).unwrap_or_default();
        Self {
            setting: key.setting.to_string(),
            skill: key.skill.map(|skill| NamedSkill { id: skill.to_string(), name: name(skill) }),
            value: value.to_string(),
            value_name: if let Value::Skill(skill) = value { Some(name(*skill)) } else { None },
        }
    }
}

impl ChangedSkill {
    fn all(held: &[Assignment], names: &SkillNames) -> Vec<Self> {
        let of = |held: &Assignment| Self {
            id: held.skill().to_string(),
            name: names.get(&held.skill()).map(ToString::to_string).unwrap_or_default(),
            position: held.position(),
        };
        let mut skills: Vec<_> = held.iter().map(of).collect();
        skills.sort_by(|one, other| one.name.cmp(&other.name));
        skills
    }
}

/// A side of a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Side {
    /// What a field was on this side, if it changed and existed there.
    fn of<T>(self, sides: Option<&FieldChange<T>>) -> Option<&T> {
        let FieldChange { before, after } = sides?;
        if self == Self::Before { before.as_ref() } else { after.as_ref() }
    }
}
