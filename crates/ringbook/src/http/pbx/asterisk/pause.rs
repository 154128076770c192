//! `queue_members/update`: a member is paused, which is a pause of its phone in its skill.

use std::sync::Arc;

use axum::extract::{Request, State};
use directory::limits::PAUSE_REASON_CHARACTERS_MAX;
use directory::routing::{Pause, Setting};
use directory::{Command, PhoneId, PhoneLookup, Refusal, RoutingOf, SettingEdit, SkillId};

use super::ROWS;
use super::queue::read_id;
use crate::http::cors::is_forged;
use crate::http::pbx::prelude::*;
use crate::http::request::request_id;
use crate::service::{CommandRequest, Failure, NotRouted, RoutingCaller, Service};

/// `/pbx/asterisk/queue_members/update`: always a number, of the members that were updated, or -1.
pub async fn update(State(service): State<Arc<Service>>, request: Request) -> Answer {
    if is_forged(request.method(), request.headers(), &[]) {
        let reason = "Origin: pages of other origins may not call this";
        return Answer::refused(&ROWS, StatusCode::FORBIDDEN, "forged", reason);
    }
    let (caller, asked) = match ask(&service, &ROWS, "POST", request).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let updated = match asked.get("uniqueid").and_then(|id| read_id(&id)) {
        Some(member) => carry_out(&service, &caller, member, &asked).await,
        None => Ok(false),
    };
    match updated {
        Ok(true) => Answer::new(&ROWS, StatusCode::OK, "1\n", "done"),
        Ok(false) => Answer::new(&ROWS, StatusCode::OK, "0\n", "no such member"),
        Err(why) => Answer::cannot_know(&ROWS, &why),
    }
}

/// Updates the member of that phone and skill. Returns whether there is one, or why that is not known.
/// What is not about a pause is Asterisk's own.
async fn carry_out(
    service: &Service,
    caller: &RoutingCaller,
    (phone, skill): (PhoneId, SkillId),
    asked: &Asked,
) -> Result<bool, String> {
    let Some(edit) = pause(skill, asked) else {
        return match service.route(caller, &skill.to_string()) {
            Ok(routed) => Ok(routed.lists[0].phones.iter().any(|member| member.id == phone)),
            Err(NotRouted::UnknownSkill { .. }) => Ok(false),
            Err(why) => Err(why.to_string()),
        };
    };
    let tenant = service.tenant_of(caller).map_err(|why| why.to_string())?;
    let of = RoutingOf::Phone(PhoneLookup::by_id(phone));
    let command = Command::EditRouting { of, edits: vec![edit], expected_version: None };
    let origin = service.origin(request_id(&asked.head.extensions), &caller.source);
    match service.execute(&tenant, CommandRequest::new(command, origin)).await {
        Ok(_) => Ok(true),
        Err(Failure::Refused(refusal)) if refusal != Refusal::NoSuchAccount => Ok(false),
        Err(failure) => Err(failure.to_string()),
    }
}

/// The pause that an update begins or ends. A reason alone is of one that begins.
fn pause(skill: SkillId, asked: &Asked) -> Option<SettingEdit> {
    let reason = asked.get("reason_paused").unwrap_or_default();
    let is_paused = match asked.get("paused") {
        Some(paused) => paused != "0",
        None if reason.is_empty() => return None,
        None => true,
    };
    let visible = |character: char| if character.is_control() { ' ' } else { character };
    let reason = reason.chars().map(visible).take(PAUSE_REASON_CHARACTERS_MAX).collect();
    let value = is_paused.then(|| Pause { until_us: None, reason }.to_string());
    Some(SettingEdit { in_skill: Some(skill.to_string()), setting: Setting::Pause, value })
}
