//! Routing settings, in the rows of `routing` and in the history.

use directory::routing::{Key, Routing, Settings, Subject, Value as Setting, changed};
use directory::{AccountId, Delta, SkillNames};
use serde_json::{Map, Value as Json};

use super::past::Fields;
use super::{Statement, field, write_names};
use crate::store::StoreError;
use crate::store::copy::tables::Value::{self, Integer, Text};

/// Reads the settings of an account, for [`add_routing`].
pub fn routing_of(account: AccountId) -> Statement {
    let sql = "SELECT subject, settings, version FROM routing WHERE account_id = $1";
    (sql, vec![Integer(account.0.into())])
}

/// Adds a row: the subject, its settings and their version.
pub fn add_routing(
    routing: &mut Routing,
    account: AccountId,
    row: &[Value],
) -> Result<(), StoreError> {
    let damaged = |what: &str| {
        StoreError::Damaged(format!("account {account}, routing settings {row:?}: {what}"))
    };
    let [Text(subject), Text(settings), Integer(version), ..] = row else {
        return Err(damaged("they have values of other types"));
    };
    let subject = read_subject(subject).ok_or_else(|| damaged("there is no such subject"))?;
    let settings = read_settings(settings).map_err(damaged)?;
    routing.set(subject, settings, version.cast_unsigned());
    Ok(())
}

fn read_subject(text: &str) -> Option<Subject> {
    if text == "account" {
        return Some(Subject::Account);
    }
    text.parse().map(Subject::Skill).or_else(|_| text.parse().map(Subject::Phone)).ok()
}

fn read_settings(text: &str) -> Result<Settings, &'static str> {
    let texts: Map<String, Json> =
        serde_json::from_str(text).map_err(|_| "they are no JSON object")?;
    let setting = |(key, value): (&String, &Json)| {
        let key: Key = key.parse().ok()?;
        Some((key, Setting::parse(key.setting, value.as_str()?).ok()?))
    };
    texts.iter().map(setting).collect::<Option<_>>().ok_or("a setting or its value is none")
}

/// Writes the settings of a subject after a change.
pub fn write_routing(
    account: Value,
    subject: Subject,
    settings: &Settings,
    version: u64,
) -> Statement {
    let subject = Text(subject.to_string());
    if settings.is_empty() {
        let sql = "DELETE FROM routing WHERE account_id = $1 AND subject = $2";
        return (sql, vec![account, subject]);
    }
    let texts = settings.iter().map(|(key, value)| (key.to_string(), value.to_string().into()));
    let texts = Json::Object(texts.collect()).to_string();
    let sql = "INSERT INTO routing (account_id, subject, settings, version) \
               VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, subject) DO UPDATE SET \
               settings = excluded.settings, version = excluded.version";
    (sql, vec![account, subject, Text(texts), Integer(version.cast_signed())])
}

/// Appends the settings that differ, and the names of the skills in them:
/// `"pause":[null,"- lunch"],"s3.ring_time_s":["20",null],"names":{"3":"Sales"}`.
pub fn routing_delta(out: &mut String, sides: [&Settings; 2], skill_names: &SkillNames) {
    for key in changed(sides) {
        let texts = sides.map(|side| side.get(&key).map(ToString::to_string));
        field(out, &key.to_string(), texts.each_ref().map(Option::as_deref));
    }
    if !skill_names.is_empty() {
        out.push_str(if out.ends_with('{') { "\"names\":" } else { ",\"names\":" });
        write_names(out, skill_names);
    }
}

/// Reads what [`routing_delta`] wrote.
pub fn routing_past(subject: Subject, fields: &Fields<'_>) -> Result<Delta, &'static str> {
    let mut settings = Vec::new();
    for text in fields.0.keys().filter(|text| *text != "names") {
        let key: Key = text.parse().map_err(|_| "there is no such setting")?;
        let change = fields.sides(text, |text| Setting::parse(key.setting, text).ok())?;
        settings.extend(change.map(|change| (key, change)));
    }
    settings.sort_unstable_by_key(|(key, _)| *key);
    let skill_names = fields.0.get("names").map_or(Ok(SkillNames::default()), Fields::names)?;
    Ok(Delta::Routing { subject, settings, skill_names })
}
