//! `/v1/explain`: why something is as it is.

use directory::ChangeId;
use serde::Serialize;
use utoipa::ToSchema;

use super::parameter::{Number, Text};
use super::prelude::*;
use super::skills::ring_order::RingOrderPhone;
use crate::service::clock::time_text;
use crate::service::{RingExplanation, RingPhone, RingReason};
use crate::store::HistoryRow;

parameters!(struct RingParameters {
    /// The name of the skill, as calls name it
    SKILL: Text = required "skill";
    /// The number, as it should ring
    NUMBER: Number = required "number";
});

/// Whether a number rings for a skill, and why
#[derive(Serialize, ToSchema)]
pub struct RingAnswer {
    /// Whether it rings
    rings: bool,
    /// The phone that has the number; `null` if there is none
    #[schema(required)]
    phone: Option<RingOrderPhone>,
    /// Its place in the ring order, counted from 1; `null` if it does not ring
    #[schema(required)]
    place: Option<usize>,
    /// How many phones ring for the skill; `null` if it does not ring
    #[schema(required)]
    of: Option<usize>,
    /// Why; at least one
    reasons: Vec<Reason>,
}

/// A reason
#[derive(Serialize, ToSchema)]
#[schema(as = RingAnswerReason)]
pub struct Reason {
    /// A stable code for programs: `rings`, `no_such_skill`, `skill_alike`, `skill_renamed`,
    /// `skill_deleted`, `not_a_number`, `no_such_phone`, `other_notation`, `renumbered`,
    /// `phone_deleted`, `not_assigned`, `unassigned`
    code: &'static str,
    /// A sentence for people
    detail: String,
    /// The change that did it, if one is known
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    change: Option<String>,
    /// When that was
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time", nullable = false)]
    at: Option<String>,
    /// Who did it
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "api:Wallboard", nullable = false)]
    source: Option<String>,
}

/// Explain why a number rings
///
/// Or why it does not, now: with what is nearly the same, and with who changed it and when, as
/// far as the newest changes tell.
#[utoipa::path(
    get, path = "/v1/explain/ring", tag = "explain",
    params(RingParameters),
    responses((status = 200, description = "Why", body = RingAnswer))
)]
pub async fn ring(caller: Caller<Read>, mut parameters: Query) -> Answer {
    let (skill, number) = (SKILL.read(&mut parameters), NUMBER.read(&mut parameters));
    parameters.check()?;
    let (skill, number) = (skill.unwrap_or_default(), number.unwrap_or_default());
    let explanation = caller.service.explain_ring(&caller.access.tenant, &skill, &number).await?;
    let sentences = Sentences { skill: &skill, number: &number, explanation: &explanation };
    let reasons = explanation.reasons.iter().map(|reason| sentences.reason(reason)).collect();
    let (place, of) = explanation.position.unzip();
    let phone = explanation.phone.as_ref().map(RingOrderPhone::from);
    Ok(Reply::ok(&RingAnswer { rings: place.is_some(), phone, place, of, reasons }).render())
}

/// Puts an explanation into sentences.
struct Sentences<'s> {
    skill: &'s str,
    number: &'s str,
    explanation: &'s RingExplanation,
}

impl Sentences<'_> {
    fn reason(&self, reason: &RingReason) -> Reason {
        let (skill, number) = (self.skill, self.number);
        let (mut change, mut at, mut source) = (None, None, None);
        // Who and when, to begin a sentence with.
        let mut by = |event: &HistoryRow| {
            change = Some(ChangeId(event.version).to_string());
            at = Some(time_text(event.at_us));
            source = Some(event.source.clone());
            format!("{} at {}", event.source, time_text(event.at_us))
        };
        let (code, detail) = match reason {
            RingReason::Rings(before) => ("rings", self.rings(*before)),
            RingReason::NoSuchSkill => ("no_such_skill", format!("there is no skill \"{skill}\"")),
            RingReason::SkillAlike(name) => {
                let is_same = name.as_str().to_lowercase() == skill.to_lowercase();
                let compared = if is_same { "; names are compared with case" } else { "" };
                ("skill_alike", format!("there is a skill \"{name}\"{compared}"))
            }
            RingReason::SkillGone { renamed: Some(name), event } => {
                ("skill_renamed", format!("{} renamed \"{skill}\" to \"{name}\"", by(event)))
            }
            RingReason::SkillGone { renamed: None, event } => {
                ("skill_deleted", format!("{} deleted the skill \"{skill}\"", by(event)))
            }
            RingReason::NotANumber(fault) => {
                ("not_a_number", format!("\"{number}\" is no number: {fault}"))
            }
            RingReason::NoSuchPhone => ("no_such_phone", format!("there is no phone {number}")),
            RingReason::OtherNotation(RingPhone { number: other, name, .. }) => (
                "other_notation",
                format!("there is a phone {other}, \"{name}\"; numbers are compared as written"),
            ),
            RingReason::NumberGone { renumbered: Some(other), event, .. } => {
                ("renumbered", format!("{} changed the number {number} to {other}", by(event)))
            }
            RingReason::NumberGone { renumbered: None, name, event } => {
                let name = name.as_ref().map(|name| format!(", \"{name}\"")).unwrap_or_default();
                ("phone_deleted", format!("{} deleted the phone {number}{name}", by(event)))
            }
            RingReason::NotAssigned => {
                let detail = format!("{} does not have the skill \"{skill}\"", self.name());
                ("not_assigned", detail)
            }
            RingReason::Unassigned(event) => {
                ("unassigned", format!("{} unassigned \"{skill}\" from it", by(event)))
            }
        };
        Reason { code, detail, change, at, source }
    }

    fn rings(&self, before: usize) -> String {
        let of = self.explanation.position.map_or(0, |(_, of)| of);
        let (name, skill) = (self.name(), self.skill);
        match before {
            0 => format!("{name} rings first of {of} for \"{skill}\""),
            1 => format!("{name} rings for \"{skill}\" after 1 other, of {of}"),
            before => format!("{name} rings for \"{skill}\" after {before} others, of {of}"),
        }
    }

    fn name(&self) -> String {
        match &self.explanation.phone {
            Some(phone) => format!("{}, \"{}\",", phone.number, phone.name),
            None => self.number.to_owned(),
        }
    }
}
