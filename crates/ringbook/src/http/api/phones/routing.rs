//! `/v1/phones/{phone}/routing`: when a phone rings, and how for each of its skills.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use directory::routing::{Key, Setting, Settings};
use directory::{RoutingOf, Skills};
use serde::Serialize;
use serde_json::{Number, Value};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{Ref, Schema};

use super::lookup;
use crate::http::api::conditional::{Cached, Preconditions};
use crate::http::api::field::{Fault, FromValue, Others};
use crate::http::api::prelude::*;
use crate::http::api::routing::{
    self, Edits, Patch, RoutingSkill, ShownPause, in_skill_pointer, shown_pause, text,
};

/// The routing settings of a phone; what is `null` is not set
#[derive(Serialize, ToSchema)]
pub struct PhoneRouting {
    /// That it does not ring, for none of its skills
    #[schema(required)]
    pause: Option<ShownPause>,
    /// When it takes calls; always unless it is set
    #[schema(required, example = "Asia/Kolkata mon-fri 09:00-18:00, 2026-12-25 closed")]
    hours: Option<String>,
    /// Those for one of its skills, by the name of the skill
    skills: BTreeMap<String, PhoneInSkill>,
}

/// The routing settings of a phone for one of its skills; what is `null` is not set
#[derive(Serialize, ToSchema)]
pub struct PhoneInSkill {
    /// The id of the skill
    #[schema(example = "s3")]
    id: String,
    /// How long it rings, in seconds; as the skill says unless it is set
    #[schema(required, example = 20)]
    ring_time_s: Option<u16>,
    /// How long it waits before it rings, in seconds; not at all unless it is set
    #[schema(required, example = 5)]
    delay_s: Option<u16>,
    /// Whether whoever answers must press 1
    confirm: bool,
    /// That it does not ring for this skill
    #[schema(required)]
    pause: Option<ShownPause>,
}

fn render(settings: &Settings, skills: &Skills) -> Reply {
    let ids = settings.iter().filter_map(|(key, _)| key.skill);
    let in_skill = |skill| {
        let key = |setting| Key::in_skill(skill, setting);
        let RoutingSkill { id, name } = RoutingSkill::of(skill, skills);
        let set = PhoneInSkill {
            id,
            ring_time_s: settings.seconds(key(Setting::RingTime)),
            delay_s: settings.seconds(key(Setting::Delay)),
            confirm: settings.get(key(Setting::Confirm)).is_some(),
            pause: shown_pause(settings, key(Setting::Pause)),
        };
        (name, set)
    };
    Reply::ok(&PhoneRouting {
        pause: shown_pause(settings, Key::of(Setting::Pause)),
        hours: text(settings, Setting::Hours),
        skills: ids.map(in_skill).collect(),
    })
}

/// Get the routing settings of a phone
///
/// When it rings, how for each of its skills, and whether it is paused.
#[utoipa::path(
    get, path = "/v1/phones/{phone}/routing", tag = "routing",
    params(("phone" = String, Path, description = "Its id or its number"), Cached),
    responses(
        (status = 200, description = "The settings", body = PhoneRouting,
         headers(("ETag", description = "Their version"))),
        (status = 304, description = "They are as If-None-Match has it")
    )
)]
pub async fn get(
    caller: Caller<Read>,
    Path(phone): Path,
    headers: HeaderMap,
    parameters: Query,
) -> Answer {
    parameters.check()?;
    routing::show(&caller, &RoutingOf::Phone(lookup(&phone)), &headers, render).await
}

body! {
    /// What changes of the routing settings of a phone: what is absent stays, `null` removes it. Pauses
    /// are at `/v1/phones/{phone}/pause`
    pub struct PhoneRoutingEdit {
        /// When it takes calls: a time zone, weekdays with their times, and exceptions by date
        #[schema(
            value_type = Option<String>,
            example = "Asia/Kolkata mon-fri 09:00-18:00, 2026-12-25 closed"
        )]
        hours: Field<String>,
        /// What is for one of its skills, by the id or the name of the skill
        #[schema(schema_with = in_skills_schema)]
        skills: Field<BTreeMap<String, Field<PhoneInSkillEdit>>>,
    }
}

/// Of an object, with an object or `null` by the id or name of each skill.
fn in_skills_schema() -> Schema {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    let edit = OneOfBuilder::new().item(null).item(Ref::from_schema_name("PhoneInSkillEdit"));
    let skills = ObjectBuilder::new().additional_properties(Some(Schema::from(edit)));
    skills.schema_type(SchemaType::from_iter([Type::Object, Type::Null])).into()
}

body! {
    /// What changes of the routing settings of a phone for one of its skills: what is absent stays,
    /// `null` removes it
    pub struct PhoneInSkillEdit {
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

impl FromValue for PhoneInSkillEdit {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        let read = value.is_object().then(|| serde_json::from_value(value.clone()).ok());
        read.flatten().ok_or(Fault::Borrowed("must be an object"))
    }
}

impl PhoneInSkillEdit {
    /// Removes all but a pause.
    fn removal() -> Self {
        let (ring_time_s, delay_s, others) = (Field::Null, Field::Null, Others::default());
        Self { ring_time_s, delay_s, confirm: Field::Null, others }
    }

    fn add_to(self, edits: &mut Edits, skill: &str) {
        edits.faults.add_others(&in_skill_pointer(skill), &self.others);
        let confirm = if self.confirm == Field::Given(false) { Field::Null } else { self.confirm };
        edits.set(Setting::RingTime, Some(skill), self.ring_time_s);
        edits.set(Setting::Delay, Some(skill), self.delay_s);
        edits.set(Setting::Confirm, Some(skill), confirm);
    }
}

impl Patch for PhoneRoutingEdit {
    fn edits(self) -> Edits {
        let mut edits = Edits::of(&self.others);
        edits.set(Setting::Hours, None, self.hours);
        let skills = match edits.faults.nullable("skills", self.skills) {
            Some(None) => return edits.clearing_skills(),
            given => given.flatten().unwrap_or_default(),
        };
        for (skill, field) in skills {
            match field {
                Field::Given(edit) => edit.add_to(&mut edits, &skill),
                Field::Invalid(why) => edits.faults.add_at("/skills", &skill, "invalid", &why),
                Field::Null | Field::Absent => {
                    PhoneInSkillEdit::removal().add_to(&mut edits, &skill)
                }
            }
        }
        edits
    }
}

/// Edit the routing settings of a phone
///
/// A merge patch: what is absent stays, `null` removes it.
#[utoipa::path(
    patch, path = "/v1/phones/{phone}/routing", tag = "routing", request_body = PhoneRoutingEdit,
    params(("phone" = String, Path, description = "Its id or its number"), Write, Preconditions),
    responses(
        (status = 200, description = "The settings from now on", body = PhoneRouting,
         headers(("ETag", description = "Their version")))
    )
)]
pub async fn edit(caller: Caller<Full>, Path(phone): Path, write: Write, body: Json) -> Answer {
    let of = RoutingOf::Phone(lookup(&phone));
    routing::edit::<PhoneRoutingEdit>(&caller, of, write, &body, render).await
}
