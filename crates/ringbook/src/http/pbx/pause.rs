//! `queue_members/update`: a member of Asterisk's queue is paused, which is a pause of its phone in its
//! skill.

use std::sync::Arc;

use axum::http::StatusCode;
use directory::limits::PAUSE_REASON_CHARACTERS_MAX;
use directory::routing::{Pause, Setting};
use directory::{Command, PhoneLookup, Refusal, RoutingOf, SettingEdit, SkillId};

use super::answer::Answer;
use super::endpoint::Arrived;
use crate::dialects::{Asked, read_id};
use crate::http::cors::is_forged;
use crate::http::request::request_id;
use crate::service::{CommandRequest, Failure, NotRouted, Service};

/// `/pbx/asterisk/queue_members/update`: always a number, of the members that were updated, or -1.
pub async fn update(service: Arc<Service>, arrived: Arrived) -> Result<Answer, Answer> {
    if is_forged(&arrived.head.method, &arrived.head.headers, &[]) {
        let reason = "Origin: pages of other origins may not call this";
        return Err(Answer::refused(StatusCode::FORBIDDEN, "forged", reason));
    }
    let is_member = carry_out(&service, &arrived).await?;
    let (rows, outcome) = if is_member { ("1\n", "done") } else { ("0\n", "no such member") };
    Ok(Answer::new(StatusCode::OK, rows, outcome))
}

/// Updates the member whose id is given. Returns whether there is one. What is not about a pause is
/// Asterisk's own.
async fn carry_out(service: &Service, arrived: &Arrived) -> Result<bool, Answer> {
    let (caller, asked) = (&arrived.caller, arrived.asked());
    let member = asked.get("uniqueid").and_then(|id| read_id(&id));
    let Some((phone, skill)) = member else { return Ok(false) };
    let Some(edit) = pause(skill, &asked) else {
        return match service.route(caller, &skill.to_string()).await {
            Err(NotRouted::UnknownSkill { .. }) => Ok(false),
            routed => Ok(routed?.lists[0].phones.iter().any(|member| member.id == phone)),
        };
    };
    let tenant = service.tenant_of(caller).await?;
    let of = RoutingOf::Phone(PhoneLookup::by_id(phone));
    let command = Command::EditRouting { of, edits: vec![edit], expected_version: None };
    let origin = service.origin(request_id(&arrived.head.extensions), &caller.source);
    match service.execute(&tenant, CommandRequest::new(command, origin)).await {
        Err(Failure::Refused(refusal)) if refusal != Refusal::NoSuchAccount => Ok(false),
        done => Ok(done.map(|_| true)?),
    }
}

/// The pause that an update begins or ends. A reason alone is of one that begins.
fn pause(skill: SkillId, asked: &Asked<'_>) -> Option<SettingEdit> {
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
