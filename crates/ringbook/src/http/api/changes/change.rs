//! A change as JSON.

use directory::{Assignment, Delta, FieldChange, Kind, SkillId, SkillName};
use serde::Serialize;
use utoipa::ToSchema;

use crate::service::clock::time_text;
use crate::service::{HistoricChange, History};
use crate::store::ImportId;

/// A change: who did what, when, in which request
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    /// Names the change: the account's changes are numbered from 1 on, without a gap
    #[schema(example = 17)]
    pub id: u64,
    /// When
    #[schema(format = "date-time")]
    at: String,
    /// The request that asked for it, as in its header `Ringbook-Request-Id`
    #[schema(example = "8c3f0a917d24be65")]
    request_id: String,
    /// The import or bulk request that it is a part of; absent where it is of none
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "i17")]
    import: Option<ImportId>,
    /// Who: `api` is the account's own key, `api:NAME` another one of its keys, `cli:NAME` and
    /// `operator:NAME` are the operator
    #[schema(example = "api:Wallboard")]
    source: String,
    /// What kind of change
    #[schema(example = "edit")]
    kind: &'static str,
    #[serde(flatten)]
    subject: Subject,
    /// What it was, of the fields that changed; `null` where it did not exist
    before: Option<Fields>,
    /// What it was from then on, of the same fields; `null` where it does not exist any more
    after: Option<Fields>,
}

/// What a change is about; none of these is the account itself
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Subject {
    /// The id of the phone
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "p17")]
    phone: Option<String>,
    /// The id of the skill
    #[serde(skip_serializing_if = "Option::is_none")]
    skill: Option<u32>,
    /// The id of the API key
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// Fields of a phone, a skill, a key, or the account; those that did not change are absent
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(default)]
pub struct Fields {
    /// Of a phone
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    /// Of a phone, a skill or a key
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Of a phone: the skills that it lost or got, or has another place in the ring order of
    #[serde(skip_serializing_if = "Option::is_none")]
    skills: Option<Vec<RingPosition>>,
    /// Of a key
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    /// Of a key; absent where it does not expire
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    expires_at: Option<String>,
    /// Of the account
    #[serde(skip_serializing_if = "Option::is_none")]
    api_authentication: Option<&'static str>,
    /// Of the account
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number_limit: Option<u32>,
    /// Of the account: `changed` where its own API key was
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'static str>,
}

/// A place in the ring order of a skill
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Place)]
pub struct RingPosition {
    /// The name that the skill had then
    #[schema(example = "Sales")]
    skill: Option<String>,
    /// The id of the skill
    skill_id: u32,
    /// The lowest rings first
    position: u64,
}

impl Change {
    /// All changes of a page.
    pub fn all(history: History) -> Vec<Self> {
        history.changes.into_iter().map(Self::new).collect()
    }

    fn new(HistoricChange { row, past }: HistoricChange) -> Self {
        let fields = |side| Fields::changed(&past, side);
        let begins = matches!(
            row.kind,
            Kind::CreatePhone | Kind::CreateSkill | Kind::CreateKey | Kind::CreateAccount
        );
        let ends = matches!(
            row.kind,
            Kind::DeletePhone | Kind::DeleteSkill | Kind::DeleteKey | Kind::DeleteAccount
        );
        Self {
            id: row.version,
            at: time_text(row.at_us),
            request_id: row.request_id.to_string(),
            import: row.import,
            source: row.source,
            kind: row.kind.as_str(),
            subject: Subject::of(&past),
            before: (!begins).then(|| fields(Side::Before)),
            after: (!ends).then(|| fields(Side::After)),
        }
    }
}

impl Subject {
    fn of(past: &Delta) -> Self {
        let none = Self::default();
        match past {
            Delta::Phone { id, .. } => Self { phone: Some(id.to_string()), ..none },
            Delta::Skill { id, .. } => Self { skill: Some(id.0), ..none },
            Delta::Key { id, .. } => Self { key: Some(id.to_string()), ..none },
            Delta::Profile { .. } | Delta::Other(_) => none,
        }
    }

    /// What a change that was made just now is about.
    pub fn of_change(change: &directory::Change) -> Self {
        let none = Self::default();
        match change {
            directory::Change::Phone { id, .. } => Self { phone: Some(id.to_string()), ..none },
            directory::Change::Skill { id, .. } => Self { skill: Some(id.0), ..none },
            directory::Change::Key { id, .. } => Self { key: Some(id.to_string()), ..none },
            directory::Change::Profile { .. }
            | directory::Change::Token { .. }
            | directory::Change::AccountDeleted => none,
        }
    }
}

impl Fields {
    /// The fields that changed, on one side of the change.
    fn changed(past: &Delta, side: Side) -> Self {
        let none = Self::default();
        match past {
            Delta::Phone { number, name, lost, got, skill_names, .. } => {
                let has_skills = !lost.is_empty() || !got.is_empty();
                let held = if side == Side::Before { lost } else { got };
                let skills = || RingPosition::all(held.iter().copied(), |id| skill_names.get(id));
                Self {
                    number: side.of(number.as_ref()).map(ToString::to_string),
                    name: side.of(name.as_ref()).map(ToString::to_string),
                    skills: has_skills.then(skills),
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
            Delta::Other(_) => none,
        }
    }

    /// All fields of what a change leaves; none where it does not exist any more.
    pub fn after(change: &directory::Change, skills: &directory::Skills) -> Option<Self> {
        use directory::Change;
        let none = Self::default();
        match change {
            Change::Phone { after, .. } => after.as_ref().map(|phone| Self {
                number: Some(phone.number.to_string()),
                name: Some(phone.name.to_string()),
                skills: Some(RingPosition::all(phone.skills.iter(), |id| skills.name(id))),
                ..none
            }),
            Change::Skill { after, .. } => {
                after.as_ref().map(|name| Self { name: Some(name.to_string()), ..none })
            }
            Change::Profile { after, .. } => Some(Self {
                api_authentication: Some(after.api_authentication.as_str()),
                phone_number_limit: Some(after.phone_number_limit),
                ..none
            }),
            // A revert consists of none of these.
            Change::Key { .. } | Change::Token { .. } | Change::AccountDeleted => None,
        }
    }
}

impl RingPosition {
    fn all<'n>(
        assignments: impl Iterator<Item = Assignment>,
        name_of: impl Fn(SkillId) -> Option<&'n SkillName>,
    ) -> Vec<Self> {
        let of = |held: Assignment| Self {
            skill: name_of(held.skill()).map(SkillName::to_string),
            skill_id: held.skill().0,
            position: held.position(),
        };
        let mut positions: Vec<_> = assignments.map(of).collect();
        positions.sort_by(|one, other| one.skill.cmp(&other.skill));
        positions
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
