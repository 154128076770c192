//! Routing settings as they are shown.

use std::collections::BTreeMap;

use directory::Skills;
use directory::routing::{Setting, Settings, Value};
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

use crate::http::api::prelude::*;
use crate::service::clock::time_text;

/// Routing settings that are set. Of the account, these are templates
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is shown")]
pub struct RoutingSettings {
    /// Of a skill: how its phones ring. `serial`, one after another, unless it is `parallel`, all at once
    #[schema(nullable = false, example = "parallel")]
    mode: Option<String>,
    /// Of a skill: how long a phone rings, in seconds; 20 unless it is set
    #[schema(nullable = false, example = 20)]
    ring_time_s: Option<u16>,
    /// Of a skill: the one to go on with
    #[schema(nullable = false)]
    overflow: Option<RoutingSkill>,
    /// Of a skill or a phone: when it takes calls; always unless it is set
    #[schema(nullable = false, example = "Asia/Kolkata mon-fri 09:00-18:00, 2026-12-25 closed")]
    hours: Option<String>,
    /// How numbers are reached, by dialect: `kamailio`, `asterisk.dial`, `asterisk.member`, `freeswitch`
    #[schema(nullable = false, example = json!({"kamailio": "sip:{number}@sbc.example:5060"}))]
    dial_templates: Option<BTreeMap<String, String>>,
    /// Of a phone: it does not ring
    #[schema(nullable = false)]
    pause: Option<RoutingPause>,
    /// Of a phone: what is set for one of its skills, by the name of the skill
    #[schema(nullable = false)]
    skills: Option<BTreeMap<String, RoutingInSkill>>,
}

/// Routing settings of a phone that are set for one of its skills
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is shown")]
pub struct RoutingInSkill {
    /// The id of the skill
    #[schema(example = "s3")]
    id: String,
    /// How long it rings, in seconds; as the skill says unless it is set
    #[schema(nullable = false, example = 20)]
    ring_time_s: Option<u16>,
    /// How long it waits before it rings, in seconds; not at all unless it is set
    #[schema(nullable = false, example = 5)]
    delay_s: Option<u16>,
    /// Whoever answers must press 1, if it is there and `true`
    #[schema(nullable = false)]
    confirm: Option<bool>,
    /// It does not ring for this skill
    #[schema(nullable = false)]
    pause: Option<RoutingPause>,
}

/// A skill that a setting names
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is shown")]
pub struct RoutingSkill {
    /// Its id
    #[schema(example = "s3")]
    id: String,
    /// Its name
    #[schema(example = "Sales")]
    name: String,
}

/// A pause
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is shown")]
pub struct RoutingPause {
    /// Why, for people; may be empty
    #[schema(example = "lunch")]
    reason: String,
    /// When it ends; `null`: when somebody ends it
    #[schema(required, format = "date-time")]
    until: Option<String>,
}

/// Settings, with the skills that they name among `skills`.
pub fn shown(settings: &Settings, skills: &Skills) -> Reply {
    let name = |id| skills.name(id).map(ToString::to_string).unwrap_or_default();
    let mut all = json!({});
    for (key, value) in settings {
        let at = match key.skill {
            Some(skill) => {
                let at = &mut all["skills"][name(skill)];
                at["id"] = skill.to_string().into();
                at
            }
            None => &mut all,
        };
        let at = match key.setting {
            Setting::Template(dialect) => &mut at["dial_templates"][dialect.as_str()],
            setting => &mut at[setting.as_str()],
        };
        *at = match value {
            Value::Seconds(seconds) => Json::from(*seconds),
            Value::Skill(id) => json!({"id": id.to_string(), "name": name(*id)}),
            Value::Pause(pause) => {
                json!({"reason": pause.reason, "until": pause.until_us.map(time_text)})
            }
            Value::Confirm => Json::from(true),
            Value::Mode(_) | Value::Hours(_) | Value::Template(_) => Json::from(value.to_string()),
        };
    }
    Reply::ok(&all)
}
