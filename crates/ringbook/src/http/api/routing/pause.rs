//! `/v1/phones/{phone}/pause`: a phone does not ring for the time being.

use directory::routing::{Pause, Setting};
use directory::{Command, RoutingOf, SettingEdit};

use crate::http::api::access::Pausing;
use crate::http::api::field::TimeUs;
use crate::http::api::parameter::Text;
use crate::http::api::phones::lookup;
use crate::http::api::prelude::*;
use crate::http::api::refusal::Named;

body! {
    /// A pause of a phone
    pub struct PauseEdit {
        /// Why, for people
        #[schema(
            value_type = Option<String>, max_length = 80, example = "lunch",
            pattern = r"^[^\x00-\x1f\x7f-\x9f]*$"
        )]
        reason: Field<String>,
        /// When it ends; absent or `null`, when somebody ends it
        #[schema(value_type = Option<String>, format = "date-time")]
        until: Field<TimeUs>,
        /// The id or the name of one of its skills; absent or `null`, it is for all of them
        #[schema(value_type = Option<String>, example = "Sales")]
        skill: Field<String>,
    }
}

impl PauseEdit {
    /// The edit that pauses a phone now.
    fn edit(self, now_us: i64) -> Result<SettingEdit, Faults> {
        let mut faults = Faults::of(&self.others);
        let reason = faults.nullable("reason", self.reason).flatten().unwrap_or_default();
        let until_us = faults.nullable("until", self.until).flatten().map(|TimeUs(at_us)| at_us);
        let in_skill = faults.nullable("skill", self.skill).flatten();
        if until_us.is_some_and(|until_us| until_us <= now_us) {
            faults.add("until", "invalid", "is in the past");
        }
        let pause = Pause::new(until_us, &reason);
        let pause = pause.map_err(|fault| faults.add("reason", "invalid", &fault.to_string()));
        let value = pause.ok().map(|pause| pause.to_string());
        faults.checked(Some(SettingEdit { in_skill, setting: Setting::Pause, value }))
    }
}

/// Pause a phone
///
/// It does not ring until its pause ends, and keeps its place. A key of the scope `routing` is enough.
#[utoipa::path(
    put, path = "/v1/phones/{phone}/pause", tag = "routing", request_body = PauseEdit,
    responses((status = 204, description = "It is paused"))
)]
pub async fn pause(
    caller: Caller<Pausing>,
    Path(phone): Path,
    mut write: Write,
    body: Json,
) -> Answer {
    write.named = Named::Skills("/skill");
    let prepare = async {
        let edit = body.parse::<PauseEdit>()?.edit(caller.origin().at_us)?;
        Ok(prepared(&phone, edit))
    };
    write.prepare_and_carry_out(caller.actor(), &body.0, prepare).await
}

parameters!(struct SkillParameter {
    /// The id or the name of one of its skills; without it, the pause is ended that is for all of them
    SKILL: Text = query "skill";
});

/// End the pause of a phone
///
/// It rings again. A key of the scope `routing` is enough.
#[utoipa::path(
    delete, path = "/v1/phones/{phone}/pause", tag = "routing", params(SkillParameter),
    responses((status = 204, description = "It is not paused"))
)]
pub async fn resume(caller: Caller<Pausing>, Path(phone): Path, mut write: Write) -> Answer {
    write.named = Named::SkillParameter(SKILL.name);
    let in_skill = SKILL.read(&mut write.query);
    let edit = SettingEdit { in_skill, setting: Setting::Pause, value: None };
    write.carry_out(caller.actor(), b"", prepared(&phone, edit)).await
}

fn prepared(phone: &str, edit: SettingEdit) -> Prepared {
    let (of, edits) = (RoutingOf::Phone(lookup(phone)), vec![edit]);
    Prepared::without_content(Command::EditRouting { of, edits, expected_version: None })
}
