//! Edits of routing settings, as merge patches (RFC 7396).

use std::collections::BTreeMap;

use directory::SettingEdit;
use directory::limits::TEMPLATE_CHARACTERS_MAX;
use directory::routing::{Dialect, Mode, Setting, Settings};
use serde::de::DeserializeOwned;
use serde_json::{Number, Value, json};
use utoipa::openapi::schema::{
    AdditionalProperties, ObjectBuilder, OneOfBuilder, SchemaType, Type,
};
use utoipa::openapi::{Ref, Schema};

use super::place;
use crate::http::api::choice::choice_schema;
use crate::http::api::field::{Fault, FromValue, Others};
use crate::http::api::prelude::*;

choice_schema! {
    /// How the phones of a skill ring: one after another, or all at once
    pub RoutingMode for Mode = Mode::ALL
}

body! {
    /// What changes of the account's routing settings: what is absent stays, `null` removes it
    pub struct AccountRoutingEdit {
        /// How numbers are reached, by dialect
        #[schema(schema_with = templates)]
        dial_templates: Field<BTreeMap<String, Field<String>>>,
    }
}

body! {
    /// What changes of a skill's routing settings: what is absent stays, `null` removes it
    pub struct SkillRoutingEdit {
        /// How its phones ring: one after another, or all at once
        #[schema(value_type = Option<RoutingMode>, example = "parallel")]
        mode: Field<String>,
        /// How long a phone rings, in seconds
        #[schema(value_type = Option<u16>, minimum = 1, maximum = 600, example = 20)]
        ring_time_s: Field<Number>,
        /// The id or the name of the skill to go on with
        #[schema(value_type = Option<String>, example = "Support")]
        overflow: Field<String>,
        /// When it takes calls: a time zone, days of the week with their times in that zone, and dates
        /// that are different. Times over midnight belong to the day on which they begin
        #[schema(
            value_type = Option<String>,
            example = "Asia/Kolkata mon-fri 09:00-18:00, 2026-12-25 closed"
        )]
        hours: Field<String>,
        /// How numbers are reached, by dialect
        #[schema(schema_with = templates)]
        dial_templates: Field<BTreeMap<String, Field<String>>>,
    }
}

body! {
    /// What changes of a phone's routing settings: what is absent stays, `null` removes it
    pub struct PhoneRoutingEdit {
        /// When it takes calls: a time zone, days of the week with their times in that zone, and dates
        /// that are different. Times over midnight belong to the day on which they begin
        #[schema(value_type = Option<String>, example = "Asia/Kolkata mon-fri 09:00-18:00")]
        hours: Field<String>,
        /// What changes for some of its skills, by the id or the name of the skill
        #[schema(schema_with = in_skills)]
        skills: Field<BTreeMap<String, Field<RoutingInSkillEdit>>>,
    }
}

body! {
    /// What changes of routing settings of a phone for one of its skills
    pub struct RoutingInSkillEdit {
        /// How long it rings, in seconds
        #[schema(value_type = Option<u16>, minimum = 1, maximum = 600, example = 20)]
        ring_time_s: Field<Number>,
        /// How long it waits before it rings, in seconds
        #[schema(value_type = Option<u16>, minimum = 0, maximum = 600, example = 5)]
        delay_s: Field<Number>,
        /// Whether whoever answers must press 1: somebody else's voicemail answers calls as well
        #[schema(value_type = Option<bool>)]
        confirm: Field<bool>,
    }
}

/// Of an object with a template or `null` for each dialect.
fn templates() -> Schema {
    let template = || {
        let types = SchemaType::from_iter([Type::String, Type::Null]);
        ObjectBuilder::new().schema_type(types).max_length(Some(TEMPLATE_CHARACTERS_MAX))
    };
    let templates = Dialect::ALL.into_iter().fold(ObjectBuilder::new(), |templates, dialect| {
        templates.property(dialect.as_str(), template())
    });
    templates
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .examples([json!({"kamailio": "sip:{number}@sbc.example:5060"})])
        .into()
}

/// Of an object with an object or `null` for each skill.
fn in_skills() -> Schema {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    let edit = OneOfBuilder::new().item(null).item(Ref::from_schema_name("RoutingInSkillEdit"));
    let skills = ObjectBuilder::new().additional_properties(Some(Schema::from(edit)));
    skills.schema_type(SchemaType::from_iter([Type::Object, Type::Null])).into()
}

impl FromValue for RoutingInSkillEdit {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        let read = value.is_object().then(|| serde_json::from_value(value.clone()).ok());
        read.flatten().ok_or(Fault::Borrowed("must be an object"))
    }
}

/// The edits that a body asks for.
#[derive(Default)]
pub struct Edits {
    list: Vec<SettingEdit>,
    /// Whether all that is for one skill is removed, but for pauses.
    clears_skills: bool,
    faults: Faults,
}

impl Edits {
    /// None yet, and the members that no body has.
    fn of(others: &Others) -> Self {
        Self { faults: Faults::of(others), ..Self::default() }
    }

    fn set_templates(&mut self, field: Field<BTreeMap<String, Field<String>>>) {
        let all = || Dialect::ALL.map(|dialect| (dialect.as_str().to_owned(), Field::Null)).into();
        let templates = self.faults.nullable("dial_templates", field);
        let templates = templates.map(|some| some.unwrap_or_else(all)).unwrap_or_default();
        for (name, field) in templates {
            if let Some(dialect) = Dialect::parse(&name) {
                self.set(Setting::Template(dialect), None, field);
            } else {
                let why = format!("is none of {}", Dialect::ALL.map(Dialect::as_str).join(", "));
                self.faults.add_at("/dial_templates", &name, "unknown_field", &why);
            }
        }
    }

    /// Sets what is given, and removes what is `null`.
    fn set(&mut self, setting: Setting, skill: Option<&str>, field: Field<impl ToString>) {
        let value = match field {
            Field::Absent => return,
            Field::Null => None,
            Field::Given(value) => Some(value.to_string()),
            Field::Invalid(why) => {
                let (within, name) = place(setting, skill);
                return self.faults.add_at(&within, name, "invalid", &why);
            }
        };
        self.list.push(SettingEdit { in_skill: skill.map(str::to_owned), setting, value });
    }

    /// The edits, if nothing is wrong with the body.
    pub fn checked(self, before: &Settings) -> Result<Vec<SettingEdit>, Faults> {
        let Self { mut list, clears_skills, faults } = self;
        let keys = before.keys().filter(|_| clears_skills);
        let keys = keys.filter(|key| key.skill.is_some() && key.setting != Setting::Pause);
        list.extend(keys.map(|key| SettingEdit {
            in_skill: key.skill.map(|skill| skill.to_string()),
            setting: key.setting,
            value: None,
        }));
        faults.checked(Some(list))
    }
}

/// A body with edits.
pub trait AsEdits: DeserializeOwned {
    /// What it asks for.
    fn edits(self) -> Edits;
}

impl AsEdits for AccountRoutingEdit {
    fn edits(self) -> Edits {
        let mut edits = Edits::of(&self.others);
        edits.set_templates(self.dial_templates);
        edits
    }
}

impl AsEdits for SkillRoutingEdit {
    fn edits(self) -> Edits {
        let mut edits = Edits::of(&self.others);
        edits.set(Setting::Mode, None, self.mode);
        edits.set(Setting::RingTime, None, self.ring_time_s);
        edits.set(Setting::Overflow, None, self.overflow);
        edits.set(Setting::Hours, None, self.hours);
        edits.set_templates(self.dial_templates);
        edits
    }
}

impl AsEdits for PhoneRoutingEdit {
    fn edits(self) -> Edits {
        let mut edits = Edits::of(&self.others);
        edits.set(Setting::Hours, None, self.hours);
        let skills = edits.faults.nullable("skills", self.skills);
        edits.clears_skills = matches!(skills, Some(None));
        for (skill, field) in skills.flatten().unwrap_or_default() {
            match field {
                Field::Absent => {}
                Field::Null => {
                    for setting in [Setting::RingTime, Setting::Delay, Setting::Confirm] {
                        edits.set(setting, Some(&skill), Field::<String>::Null);
                    }
                }
                Field::Given(edit) => edit.add_to(&mut edits, &skill),
                Field::Invalid(why) => edits.faults.add_at("/skills", &skill, "invalid", &why),
            }
        }
        edits
    }
}

impl RoutingInSkillEdit {
    fn add_to(self, edits: &mut Edits, skill: &str) {
        let (within, _) = place(Setting::Confirm, Some(skill));
        edits.faults.add_others(&within, &self.others);
        edits.set(Setting::RingTime, Some(skill), self.ring_time_s);
        edits.set(Setting::Delay, Some(skill), self.delay_s);
        let confirm = if self.confirm == Field::Given(false) { Field::Null } else { self.confirm };
        edits.set(Setting::Confirm, Some(skill), confirm);
    }
}
