//! `/v1/skills/{skill}/routing`: how the phones of a skill ring.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use directory::routing::{Key, Setting, Settings};
use directory::{RoutingOf, Skills};
use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;

use crate::http::api::conditional::{Cached, Preconditions};
use crate::http::api::prelude::*;
use crate::http::api::routing::{self, Edits, Patch, RoutingSkill, templates, text};

/// The routing settings of a skill; what is `null` is not set
#[derive(Serialize, ToSchema)]
pub struct SkillRouting {
    /// How its phones ring: `serial`, one after another, which is so unless it is set, or `parallel`, all
    /// at once
    #[schema(required, example = "parallel")]
    mode: Option<String>,
    /// How long a phone rings, in seconds; 20 unless it is set
    #[schema(required, example = 20)]
    ring_time_s: Option<u16>,
    /// The skill to go on with
    #[schema(required)]
    overflow: Option<RoutingSkill>,
    /// When it takes calls; always unless it is set
    #[schema(required, example = "Asia/Kolkata mon-fri 09:00-18:00, 2026-12-25 closed")]
    hours: Option<String>,
    /// How phones are addressed, by dialect: `kamailio`, `asterisk.dial`, `asterisk.member`,
    /// `freeswitch`; as the account says unless it is set
    #[schema(example = json!({"kamailio": "sip:{number}@sbc.example:5060"}))]
    dial_templates: BTreeMap<String, String>,
}

fn render(settings: &Settings, skills: &Skills) -> Reply {
    Reply::ok(&SkillRouting {
        mode: text(settings, Setting::Mode),
        ring_time_s: settings.seconds(Key::of(Setting::RingTime)),
        overflow: settings.overflow().map(|id| RoutingSkill::of(id, skills)),
        hours: text(settings, Setting::Hours),
        dial_templates: templates(settings),
    })
}

/// Get the routing settings of a skill
///
/// How its phones ring, and when.
#[utoipa::path(
    get, path = "/v1/skills/{skill}/routing", tag = "routing",
    params(("skill" = String, Path, description = "Its id or its name"), Cached),
    responses(
        (status = 200, description = "The settings", body = SkillRouting,
         headers(("ETag", description = "Their version"))),
        (status = 304, description = "They are as If-None-Match has it")
    )
)]
pub async fn get(
    caller: Caller<Read>,
    Path(skill): Path,
    headers: HeaderMap,
    parameters: Query,
) -> Answer {
    parameters.check()?;
    routing::show(&caller, &RoutingOf::Skill(skill), &headers, render).await
}

body! {
    /// What changes of the routing settings of a skill: what is absent stays, `null` removes it
    pub struct SkillRoutingEdit {
        /// How its phones ring: `serial`, one after another, or `parallel`, all at once
        #[schema(value_type = Option<String>, example = "parallel")]
        mode: Field<String>,
        /// How long a phone rings, in seconds
        #[schema(value_type = Option<u16>, minimum = 1, maximum = 600, example = 20)]
        ring_time_s: Field<Number>,
        /// The skill to go on with: its id or its name
        #[schema(value_type = Option<String>, example = "Support")]
        overflow: Field<String>,
        /// When it takes calls: a time zone, weekdays with their times, and exceptions by date
        #[schema(
            value_type = Option<String>,
            example = "Asia/Kolkata mon-fri 09:00-18:00, 2026-12-25 closed"
        )]
        hours: Field<String>,
        /// How phones are addressed, by dialect: `kamailio`, `asterisk.dial`, `asterisk.member`,
        /// `freeswitch`; with `{number}` in place of the number
        #[schema(
            value_type = Option<BTreeMap<String, Option<String>>>,
            example = json!({"kamailio": "sip:{number}@sbc.example:5060"})
        )]
        dial_templates: Field<BTreeMap<String, Field<String>>>,
    }
}

impl Patch for SkillRoutingEdit {
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

/// Edit the routing settings of a skill
///
/// A merge patch: what is absent stays, `null` removes it.
#[utoipa::path(
    patch, path = "/v1/skills/{skill}/routing", tag = "routing", request_body = SkillRoutingEdit,
    params(("skill" = String, Path, description = "Its id or its name"), Write, Preconditions),
    responses(
        (status = 200, description = "The settings from now on", body = SkillRouting,
         headers(("ETag", description = "Their version")))
    )
)]
pub async fn edit(caller: Caller<Full>, Path(skill): Path, write: Write, body: Json) -> Answer {
    let of = RoutingOf::Skill(skill);
    routing::edit::<SkillRoutingEdit>(&caller, of, write, &body, render).await
}
