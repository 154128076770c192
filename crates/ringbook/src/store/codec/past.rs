//! Reading what [`delta`](super::delta) wrote.

use directory::routing::Subject;
use directory::{
    ApiAuthentication, Assignment, Delta, FieldChange, KeyId, KeyName, KeyScope, Kind, PhoneId,
    PhoneName, PhoneNumber, SkillId, SkillName, SkillNames,
};
use serde_json::{Map, Value};

use super::read_skills;
use super::routing::routing_past;

/// Reads a row of the history. The error says in a few words what is wrong.
pub fn past(kind: Kind, subject_id: Option<u64>, delta: &str) -> Result<Delta, &'static str> {
    let fields: Map<String, Value> =
        serde_json::from_str(delta).map_err(|_| "the delta is no JSON object")?;
    let fields = Fields(&fields);
    let subject = || {
        let id = subject_id.and_then(|id| u32::try_from(id).ok());
        id.ok_or("there is no subject_id")
    };
    if kind == Kind::ErasePhone {
        let changes = fields.0.get("changes").and_then(Value::as_u64);
        let changes = changes.ok_or("there is no number of changes")?;
        return Ok(Delta::Erasure { id: PhoneId(subject()?), changes });
    }
    match kind {
        Kind::EditAccountRouting => return routing_past(Subject::Account, &fields),
        Kind::EditSkillRouting => {
            return routing_past(Subject::Skill(SkillId(subject()?)), &fields);
        }
        Kind::EditPhoneRouting => {
            return routing_past(Subject::Phone(PhoneId(subject()?)), &fields);
        }
        _ => {}
    }
    if kind.is_of_phone() {
        let id = PhoneId(subject()?);
        let (number, name) = (PhoneNumber::erased(id), PhoneName::erased(id));
        let (lost, got, skill_names) = fields.assignments()?;
        return Ok(Delta::Phone {
            id,
            kind,
            number: fields.sides("number", |text| {
                let is_erased = text == number.text().as_str();
                if is_erased { Some(number) } else { PhoneNumber::parse(text).ok() }
            })?,
            name: fields.sides("name", |text| {
                let is_erased = text == name.as_str();
                if is_erased { Some(name.clone()) } else { PhoneName::parse(text).ok() }
            })?,
            lost,
            got,
            skill_names,
        });
    }
    if kind.is_of_skill() {
        let name = fields.sides("name", |text| SkillName::parse(text).ok())?;
        let name = name.unwrap_or(FieldChange { before: None, after: None });
        return Ok(Delta::Skill { id: SkillId(subject()?), name });
    }
    if kind == Kind::EditAccount {
        return Ok(Delta::Profile {
            api_authentication: fields.sides("apiAuthentication", ApiAuthentication::parse)?,
            phone_number_limit: fields.sides("phoneNumberLimit", |text| text.parse().ok())?,
            is_key_changed: fields.0.contains_key("apiKey"),
        });
    }
    if kind.is_of_key() {
        return Ok(Delta::Key {
            id: KeyId(subject_id.ok_or("there is no subject_id")?),
            kind,
            name: fields.sides("name", |text| KeyName::parse(text).ok())?,
            scope: fields.sides("scope", KeyScope::parse)?,
            expires_us: fields.sides("expiresUs", |text| text.parse().ok())?,
        });
    }
    Ok(Delta::Other(kind))
}

/// The fields of a delta.
pub struct Fields<'f>(pub &'f Map<String, Value>);

impl Fields<'_> {
    /// The two sides of a field, if it changed.
    pub fn sides<T>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<FieldChange<T>>, &'static str> {
        let Some(value) = self.0.get(key) else { return Ok(None) };
        let Some([before, after]) = value.as_array().and_then(|sides| sides.as_array::<2>()) else {
            return Err("a field has no two sides");
        };
        let side = |value: &Value| match value {
            Value::Null => Ok(None),
            Value::String(text) => parse(text).map(Some).ok_or("a field has a value that is none"),
            _ => Err("a field is no text"),
        };
        Ok(Some(FieldChange { before: side(before)?, after: side(after)? }))
    }

    /// The assignments removed, those added, and the names of their skills.
    fn assignments(&self) -> Result<(Vec<Assignment>, Vec<Assignment>, SkillNames), &'static str> {
        let Some(value) = self.0.get("skills") else { return Ok(Default::default()) };
        let parts = value.as_array().and_then(|parts| parts.as_array::<3>());
        let Some([lost, got, names]) = parts else { return Err("the skills have no three parts") };
        let read = |side: &Value| {
            let skills = read_skills(&side.to_string());
            skills.map(|skills| skills.iter().collect()).map_err(|_| "the skills are no object")
        };
        Ok((read(lost)?, read(got)?, Self::names(names)?))
    }

    /// The names of skills.
    pub fn names(names: &Value) -> Result<SkillNames, &'static str> {
        let name = |(id, name): (&String, &Value)| {
            Some((SkillId(id.parse().ok()?), SkillName::parse(name.as_str()?).ok()?))
        };
        let names = names.as_object().and_then(|names| names.iter().map(name).collect());
        names.ok_or("a skill has a name that is none")
    }
}
