//! The format of values in rows, and statements, the same in every store.

mod account_changes;
mod head;
mod inconsistent;
mod keys;
mod past;
mod routing;

use std::fmt;
use std::str::FromStr;

use directory::value::NumberText;
use directory::{
    AccountId, ApiKey, Assignment, Change, Phone, PhoneId, PhoneName, PhoneNumber, SkillId,
    SkillName, SkillNames, SkillSet, Skills,
};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

pub use account_changes::{Statement, TOKENS_SQL, statements};
pub use head::{read_head, read_listed};
pub use inconsistent::inconsistent;
pub use past::past;
pub use routing::{add_routing, routing_of};

use self::routing::routing_delta;
use super::StoreError;
use super::copy::tables::Row;
use super::copy::tables::Value::{self, Integer, Text};
use crate::json;

/// The unique id of a request: 64 bits, `r` and 16 lower-case hex digits wherever it is
/// shown: in headers, logs, answers and views.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(pub u64);

impl RequestId {
    /// As stored: the same 64 bits as a signed integer.
    pub fn to_i64(self) -> i64 {
        self.0.cast_signed()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand: each request has its id written, and a formatter takes five times as long.
        let mut text = *b"r0123456789abcdef";
        for (digit, shift) in text[1..].iter_mut().rev().zip((0..).step_by(4)) {
            *digit = b"0123456789abcdef"[(self.0 >> shift & 15) as usize];
        }
        f.write_str(str::from_utf8(&text).expect("it is ASCII"))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id of an import within its account: the version of the account after its first change, as
/// `i17` in an answer. All parts of an import have it, and those of a request that resumes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ImportId(pub u64);

impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "i{}", self.0)
    }
}

impl FromStr for ImportId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let version = text.strip_prefix('i').and_then(|digits| digits.parse().ok());
        version.map(Self).ok_or("must be the id of an import, like i17")
    }
}

impl From<ImportId> for String {
    fn from(id: ImportId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ImportId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        text.parse()
    }
}

impl FromStr for RequestId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let id = text.strip_prefix('r').filter(|digits| digits.len() == 16);
        let id = id.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        id.map(Self).ok_or("must be the id of a request, like r8c3f0a917d24be65")
    }
}

/// Writes assignments as a JSON object from the skill's id to the position: `{"1":5,"7":12}`.
pub fn write_skills(out: &mut String, assignments: impl Iterator<Item = Assignment>) {
    out.push('{');
    for (index, assignment) in assignments.enumerate() {
        out.push_str(if index == 0 { "\"" } else { ",\"" });
        out.push_str(itoa::Buffer::new().format(assignment.skill().0));
        out.push_str("\":");
        out.push_str(itoa::Buffer::new().format(assignment.position()));
    }
    out.push('}');
}

/// Reads what [`write_skills`] wrote.
pub fn read_skills(text: &str) -> Result<SkillSet, serde_json::Error> {
    struct Assignments;
    impl<'de> Visitor<'de> for Assignments {
        type Value = SkillSet;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object from skill ids to positions")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SkillSet, A::Error> {
            let mut assignments = Vec::new();
            while let Some((skill, position)) = map.next_entry::<u32, u64>()? {
                if skill as usize >= Assignment::SKILL_IDS {
                    return Err(serde::de::Error::custom("a skill's id has at most 20 bits"));
                }
                assignments.push(Assignment::new(SkillId(skill), position));
            }
            Ok(assignments.into_iter().collect())
        }
    }
    if text == "{}" {
        return Ok(SkillSet::default());
    }
    serde_json::Deserializer::from_str(text).deserialize_map(Assignments)
}

/// Reads a row of `phone`: the phone and its version. Errors name its account and id.
pub fn read_phone(
    account: AccountId,
    id: PhoneId,
    [number, name, skills]: [&str; 3],
    version: i64,
) -> Result<(Phone, u64), StoreError> {
    let damaged =
        |what: String| StoreError::Damaged(format!("account {account}, phone {}: {what}", id.0));
    let phone = Phone {
        number: PhoneNumber::parse(number)
            .map_err(|fault| damaged(format!("the number {number:?}: {fault}")))?,
        name: PhoneName::parse(name).map_err(|fault| damaged(format!("the name {fault}")))?,
        skills: read_skills(skills).map_err(|fault| damaged(format!("skills: {fault}")))?,
    };
    Ok((phone, version.cast_unsigned()))
}

/// Reads the skills of an account, for [`add_skill`].
pub fn skills_of(account: AccountId) -> Statement {
    let sql = "SELECT id, name, version FROM skill WHERE account_id = $1";
    (sql, vec![Integer(account.0.into())])
}

/// Adds a row of `skill`: its id, its name and its version.
pub fn add_skill(skills: &mut Skills, account: AccountId, row: &[Value]) -> Result<(), StoreError> {
    let damaged = |what: String| StoreError::Damaged(format!("account {account}, skill {what}"));
    let [Integer(id), Text(name), Integer(version), ..] = row else {
        return Err(damaged(format!("{row:?}")));
    };
    let skill = u32::try_from(*id).map_err(|_| damaged(format!("{id}: its id")))?;
    let name = SkillName::parse(name).map_err(|fault| damaged(format!("{skill}: {fault}")))?;
    skills.set(SkillId(skill), name, version.cast_unsigned());
    Ok(())
}

/// Reads rows of an account, each added by `add`.
pub fn read_all<T: Default>(
    account: AccountId,
    rows: &[Row],
    add: impl Fn(&mut T, AccountId, &[Value]) -> Result<(), StoreError>,
) -> Result<T, StoreError> {
    let mut all = T::default();
    rows.iter().try_for_each(|row| add(&mut all, account, row))?;
    Ok(all)
}

/// The changed fields of a change, each as `[before, after]`, as compact JSON:
/// `{"number":["+911","+912"],"skills":[{"1":5},{"2":9},{"1":"Sales","2":"QA"}]}`. Of the skills,
/// only the assignments that differ, and the names of these skills at the time. Of secrets only
/// that they changed.
pub fn delta(change: &Change, skill_names: &SkillNames) -> String {
    let mut out = String::with_capacity(112);
    write_delta(&mut out, change, skill_names);
    out
}

/// Appends the [`delta`] of a change.
pub fn write_delta(out: &mut String, change: &Change, skill_names: &SkillNames) {
    out.push('{');
    match change {
        Change::Phone { before, after, .. } => {
            phone_delta(out, before.as_ref(), after.as_ref(), skill_names);
        }
        Change::Skill { before, after, .. } => {
            field(out, "name", [before, after].map(|name| name.as_ref().map(SkillName::as_str)));
        }
        Change::Profile { before, after } => {
            if before.api_key_sha256 != after.api_key_sha256 {
                out.push_str("\"apiKey\":\"changed\"");
            }
            let sides = [before, after];
            field(
                out,
                "apiAuthentication",
                sides.map(|side| Some(side.api_authentication.as_str())),
            );
            let limits = sides.map(|side| side.phone_number_limit.to_string());
            field(out, "phoneNumberLimit", limits.each_ref().map(|limit| Some(limit.as_str())));
        }
        Change::Key { before, after, .. } => key_delta(out, before.as_ref(), after.as_ref()),
        Change::Routing { before, after, .. } => routing_delta(out, [before, after], skill_names),
        Change::AccountDeleted(name) => field(out, "userName", [Some(name.as_str()), None]),
        Change::Token { .. } => {}
    }
    out.push('}');
}

fn key_delta(out: &mut String, before: Option<&ApiKey>, after: Option<&ApiKey>) {
    let sides = [before, after];
    field(out, "name", sides.map(|key| key.map(|key| key.name.as_str())));
    field(out, "scope", sides.map(|key| key.map(|key| key.scope.as_str())));
    let expires = sides.map(|key| key.and_then(|key| key.expires_us).map(|us| us.to_string()));
    field(out, "expiresUs", expires.each_ref().map(Option::as_deref));
}

fn phone_delta(
    out: &mut String,
    before: Option<&Phone>,
    after: Option<&Phone>,
    skill_names: &SkillNames,
) {
    let sides = [before, after];
    let numbers = sides.map(|phone| phone.map(|phone| phone.number.text()));
    field(out, "number", numbers.each_ref().map(|number| number.as_ref().map(NumberText::as_str)));
    field(out, "name", sides.map(|phone| phone.map(|phone| phone.name.as_str())));
    let none = SkillSet::default();
    let [old, new] = sides.map(|phone| phone.map_or(&none, |phone| &phone.skills));
    if old != new {
        open_field(out, "skills");
        write_skills(out, old.not_in(new));
        out.push(',');
        write_skills(out, new.not_in(old));
        out.push(',');
        write_names(out, skill_names);
        out.push(']');
    }
}

/// Writes the names of skills as a JSON object from their ids: `{"1":"Sales"}`.
fn write_names(out: &mut String, skill_names: &SkillNames) {
    out.push('{');
    for (index, (id, name)) in skill_names.iter().enumerate() {
        out.push_str(if index == 0 { "\"" } else { ",\"" });
        out.push_str(itoa::Buffer::new().format(id.0));
        out.push_str("\":");
        write_text(out, Some(name.as_str()));
    }
    out.push('}');
}

fn open_field(out: &mut String, key: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push('"');
    out.push_str(key);
    out.push_str("\":[");
}

fn field(out: &mut String, key: &str, [before, after]: [Option<&str>; 2]) {
    if before == after {
        return;
    }
    open_field(out, key);
    write_text(out, before);
    out.push(',');
    write_text(out, after);
    out.push(']');
}

fn write_text(out: &mut String, text: Option<&str>) {
    match text {
        None => out.push_str("null"),
        Some(text) => {
            out.push('"');
            json::write_text(out, text);
            out.push('"');
        }
    }
}
