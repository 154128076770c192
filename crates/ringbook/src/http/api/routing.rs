//! Routing settings of the account, of skills and of phones: shown, and edited by merge patches
//! (RFC 7396). This module must not know which values are valid: the rules read each from its text.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use directory::routing::{Dialect, Key, Pause, Setting, Settings, Value};
use directory::{Change, Command, RoutingOf, SettingEdit, SkillId, Skills};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::conditional::{etag, render_unless_cached};
use super::field::{Others, pointer};
use super::prelude::*;
use super::refusal::Named;
use crate::service::clock::time_text;

/// A skill that a setting names
#[derive(Debug, Serialize, ToSchema)]
pub struct RoutingSkill {
    /// Its id
    #[schema(example = "s3")]
    pub id: String,
    /// Its name
    #[schema(example = "Sales")]
    pub name: String,
}

/// That a phone does not ring for the time being
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownPause {
    /// Why, for people; may be empty
    #[schema(example = "lunch")]
    reason: String,
    /// When it ends; `null`: when somebody ends it
    #[schema(required, format = "date-time")]
    until: Option<String>,
}

impl RoutingSkill {
    /// The skill with that id.
    pub fn of(id: SkillId, skills: &Skills) -> Self {
        let name = skills.name(id).map(ToString::to_string).unwrap_or_default();
        Self { id: id.to_string(), name }
    }
}

/// The text of a setting, if it is set.
pub fn text(settings: &Settings, setting: Setting) -> Option<String> {
    settings.get(Key::of(setting)).map(ToString::to_string)
}

/// A pause, if it is set.
pub fn shown_pause(settings: &Settings, key: Key) -> Option<ShownPause> {
    let Some(Value::Pause(pause)) = settings.get(key) else { return None };
    let Pause { until_us, reason } = &**pause;
    Some(ShownPause { reason: reason.clone(), until: until_us.map(time_text) })
}

/// The templates that are set.
pub fn templates(settings: &Settings) -> BTreeMap<String, String> {
    let text = |dialect| Some((name(dialect), text(settings, Setting::Template(dialect))?));
    Dialect::ALL.into_iter().filter_map(text).collect()
}

fn name(dialect: Dialect) -> String {
    dialect.as_str().to_owned()
}

/// Where a body has a setting: the JSON pointer of what it is a member of, and its name. Of a phone it may
/// be for one skill.
pub fn place(setting: Setting, in_skill: Option<&str>) -> (String, &'static str) {
    let skill = in_skill.map(in_skill_pointer).unwrap_or_default();
    match setting {
        Setting::Template(dialect) => (skill + "/dial_templates", dialect.as_str()),
        setting => (skill, setting.as_str()),
    }
}

/// The JSON pointer of what a body has for one skill.
pub fn in_skill_pointer(skill: &str) -> String {
    format!("/skills{}", pointer(skill))
}

/// The edits that a body asks for.
#[derive(Debug, Default)]
pub struct Edits {
    list: Vec<SettingEdit>,
    /// Whether all that is for one skill is removed, but for pauses.
    clears_skills: bool,
    /// What is wrong with it.
    pub faults: Faults,
}

impl Edits {
    /// None yet, of a body with these unknown members.
    pub fn of(others: &Others) -> Self {
        Self { faults: Faults::of(others), ..Self::default() }
    }

    /// Sets what is given, and removes what is `null`.
    pub fn set<T: ToString>(&mut self, setting: Setting, in_skill: Option<&str>, field: Field<T>) {
        let value = match field {
            Field::Absent => return,
            Field::Null => None,
            Field::Given(value) => Some(value.to_string()),
            Field::Invalid(why) => {
                let (within, name) = place(setting, in_skill);
                return self.faults.add_at(&within, name, "invalid", &why);
            }
        };
        let in_skill = in_skill.map(str::to_owned);
        self.list.push(SettingEdit { in_skill, setting, value });
    }

    /// Sets templates, or removes them: all of them, if they are `null`.
    pub fn set_templates(&mut self, field: Field<BTreeMap<String, Field<String>>>) {
        let Some(given) = self.faults.nullable("dial_templates", field) else { return };
        let all = || Dialect::ALL.map(|dialect| (name(dialect), Field::Null)).into();
        for (name, field) in given.unwrap_or_else(all) {
            if let Some(dialect) = Dialect::parse(&name) {
                self.set(Setting::Template(dialect), None, field);
            } else {
                let known = Dialect::ALL.map(Dialect::as_str).join(", ");
                let why = format!("is no dialect, there are {known}");
                self.faults.add_at("/dial_templates", &name, "unknown_field", &why);
            }
        }
    }

    /// The same, and all that is for one skill is removed, but for pauses.
    pub fn clearing_skills(self) -> Self {
        Self { clears_skills: true, ..self }
    }

    /// All of them, of these settings, if nothing is wrong with the body.
    fn checked(self, before: &Settings) -> Result<Vec<SettingEdit>, Faults> {
        let Self { mut list, clears_skills, faults } = self;
        let is_cleared =
            |key: &Key| clears_skills && key.skill.is_some() && key.setting != Setting::Pause;
        list.extend(before.iter().map(|(key, _)| key).filter(is_cleared).map(|key| SettingEdit {
            in_skill: key.skill.map(|skill| skill.to_string()),
            setting: key.setting,
            value: None,
        }));
        faults.checked(Some(list))
    }
}

/// The body of an edit.
pub trait Patch: DeserializeOwned {
    /// What it asks for.
    fn edits(self) -> Edits;
}

/// Makes a reply of the settings of one kind of subject.
pub type Render = fn(&Settings, &Skills) -> Reply;

/// Shows settings.
pub async fn show(
    caller: &Caller<Read>,
    of: &RoutingOf,
    headers: &HeaderMap,
    render: Render,
) -> Answer {
    let tenant = &caller.access.tenant;
    let (reply, version) = caller.service.routing_settings(tenant, of, render).await?;
    render_unless_cached(headers, reply, etag(tenant.id(), version))
}

/// Edits settings: all that the body names, or nothing if any of it is refused.
pub async fn edit<T: Patch>(
    caller: &Caller<Full>,
    of: RoutingOf,
    mut write: Write,
    body: &Json,
    render: Render,
) -> Answer {
    write.named = Named::Skills("/skills");
    let preconditions = write.preconditions();
    let prepare = async {
        let edits = body.parse::<T>()?.edits();
        let tenant = &caller.access.tenant;
        let copy = |settings: &Settings, _: &Skills| settings.clone();
        let (before, version) = caller.service.routing_settings(tenant, &of, copy).await?;
        let (account, edits) = (tenant.id(), edits.checked(&before)?);
        let expected_version = preconditions.expect(account, version)?;
        let command = Command::EditRouting { of, edits, expected_version };
        Ok(Prepared::new(command, move |outcome, skills| {
            let after = outcome.changed.iter().find_map(|change| match change {
                Change::Routing { after, .. } => Some(after),
                _ => None,
            });
            let version = match after {
                Some(after) if after.is_empty() => 0,
                Some(_) => outcome.version,
                None => version,
            };
            render(after.unwrap_or(&before), skills).tagged(etag(account, version))
        }))
    };
    write.prepare_and_carry_out(caller.actor(), &body.0, prepare).await
}
