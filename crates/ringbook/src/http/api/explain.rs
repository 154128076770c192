//! `/v1/explain`: why something is as it is.

use directory::ChangeId;
use directory::routing::{
    Decision, Dialect, Nobody, Outcome, RingList, RingingPhone, Standing, standing,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::choice::Choice;
use super::parameter::{Number, OneOf, Text, Time};
use super::prelude::*;
use crate::dialects::{self, List, NoTemplate};
use crate::service::clock::time_text;
use crate::service::{NotRouted, RingPhone, RingReason, Routed};
use crate::store::HistoryRow;

parameters!(struct RingParameters {
    /// The skill, as calls name it: its name or its id
    SKILL: Text = required "skill";
    /// When it would ring; now unless it is given
    AT: Time = query "at";
    /// With the answer to a PBX in this dialect
    DIALECT: OneOf<Dialect> = query "dialect";
    /// Only the phone with this number, as it should ring
    NUMBER: Number = query "number";
});

impl Choice for Dialect {
    fn choices() -> Vec<(&'static str, Self)> {
        Self::ALL.map(|dialect| (dialect.as_str(), dialect)).into()
    }
}

/// Whom a call for a skill rings, and why
#[derive(Default, Serialize, ToSchema)]
pub struct RingAnswer {
    /// What comes of it: `ring`, `nobody`, `unknown_skill`, or `cannot_know`
    outcome: &'static str,
    /// A sentence for people
    detail: String,
    /// When it would ring
    #[schema(format = "date-time")]
    at: String,
    /// How the phones ring; `null` if there is no such skill, or if it is not known
    #[schema(required, example = "serial")]
    mode: Option<&'static str>,
    /// The version of the account that this is about; `null` if it is not known
    #[schema(required)]
    revision: Option<u64>,
    /// How old it may be, in seconds; `null` if it is not known
    #[schema(required)]
    age_s: Option<u64>,
    /// The phones of the skill, in ring order, and then those of the skills with which it goes on
    phones: Vec<PhoneInRing>,
    /// Why there is no such skill, or no such number among the phones
    reasons: Vec<Reason>,
    /// With `dialect`: the answer to a PBX, as text
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    answer: Option<String>,
    /// With `dialect`: how many entries are in the answer, at most as many as the dialect takes
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    shown: Option<usize>,
}

/// A phone of a skill, and whether it rings
#[derive(Serialize, ToSchema)]
pub struct PhoneInRing {
    /// Its id
    #[schema(example = "p17")]
    id: String,
    /// Its number
    number: String,
    /// Its name
    name: String,
    /// The skill that it rings for, or with which that one goes on
    #[schema(example = "Sales")]
    skill: String,
    /// Its place among those that ring, counted from 1; `null` if it does not ring
    #[schema(required)]
    place: Option<usize>,
    /// How long it rings, in seconds
    ring_time_s: u16,
    /// How long it waits before it rings, in seconds
    delay_s: u16,
    /// Whether whoever answers must press 1
    confirm: bool,
    /// A stable code for programs: `rings`, `paused`, `outside_hours`, `skill_outside_hours`,
    /// `rings_before`, `not_needed`, `beyond_limit`
    code: &'static str,
    /// A sentence for people
    detail: String,
}

/// Explain what rings for a skill
///
/// The decision on a call: each phone, and why it does or does not ring. If there is no such skill, or
/// no such number among its phones, with what is nearly the same, and who changed it and when, as far
/// as the newest changes tell.
#[utoipa::path(
    get, path = "/v1/explain/ring", tag = "explain", params(RingParameters),
    responses((status = 200, description = "Why", body = RingAnswer))
)]
pub async fn ring(caller: Caller<Read>, mut parameters: Query) -> Answer {
    let (skill, number) = (SKILL.read(&mut parameters), NUMBER.read(&mut parameters));
    let at_us = AT.read(&mut parameters).unwrap_or_else(|| caller.service.now_us());
    let dialect = DIALECT.read(&mut parameters);
    parameters.check()?;
    let (skill, tenant) = (skill.unwrap_or_default(), &caller.access.tenant);
    let explanation = caller.service.explain_ring(tenant, &skill, number.as_deref()).await?;
    let mut answer = match &explanation.routed {
        Ok(routed) => {
            let list = dialect.map(|dialect| dialects::example(dialect, &routed.lists, at_us));
            RingAnswer::of(routed, at_us).with(list)
        }
        Err(why @ NotRouted::UnknownSkill { revision, age }) => RingAnswer {
            outcome: "unknown_skill",
            detail: why.to_string(),
            revision: Some(*revision),
            age_s: Some(age.as_secs()),
            ..RingAnswer::default()
        },
        Err(why) => {
            let detail = why.to_string();
            RingAnswer { outcome: "cannot_know", detail, ..RingAnswer::default() }
        }
    };
    answer.at = time_text(at_us);
    answer.phones.retain(|phone| number.as_ref().is_none_or(|number| phone.number == *number));
    let number = number.unwrap_or_default();
    let reasons = explanation.reasons.iter();
    answer.reasons = reasons.map(|reason| Reason::of(reason, &skill, &number)).collect();
    Ok(Reply::ok(&answer).render())
}

impl RingAnswer {
    fn of(routed: &Routed, at_us: i64) -> Self {
        let decision = routed.decide(at_us);
        let (outcome, detail) = match decision.outcome {
            Outcome::Ring => match decision.phones.len() {
                1 => ("ring", "1 phone rings".to_owned()),
                count => ("ring", format!("{count} phones ring")),
            },
            Outcome::Nobody(why) => ("nobody", nobody(why).to_owned()),
        };
        let phones = routed.lists.iter().flat_map(|list| {
            let decision = &decision;
            list.phones.iter().map(move |phone| PhoneInRing::of(phone, list, decision, at_us))
        });
        Self {
            outcome,
            detail,
            mode: Some(decision.list.mode.as_str()),
            revision: Some(routed.revision),
            age_s: Some(routed.age.as_secs()),
            phones: phones.collect(),
            ..Self::default()
        }
    }

    /// The same with the answer to a PBX, if one was wanted, or why there is none.
    fn with(mut self, list: Option<Result<List, NoTemplate>>) -> Self {
        match list {
            None => {}
            Some(Err(why)) => (self.outcome, self.detail) = ("cannot_know", why.to_string()),
            Some(Ok(List { text, shown, of, .. })) => {
                if shown < of {
                    self.detail =
                        format!("{}, and the answer has {shown} of {of} entries", self.detail);
                }
                for phone in &mut self.phones {
                    if phone.place.is_some_and(|place| place > shown) {
                        phone.code = "beyond_limit";
                        phone.detail = format!("is beyond the {shown} that the answer has");
                    }
                }
                (self.answer, self.shown) = (Some(text), Some(shown));
            }
        }
        self
    }
}

fn nobody(why: Nobody) -> &'static str {
    match why {
        Nobody::NoPhones => "there are no phones",
        Nobody::AllPaused => "all phones are paused",
        Nobody::OutsideHours => "it is outside the hours",
        Nobody::Mixed => "all phones are paused, or outside their hours",
    }
}

impl PhoneInRing {
    fn of(phone: &RingingPhone, list: &RingList, decision: &Decision<'_>, at_us: i64) -> Self {
        let place = decision.phones.iter().position(|one| std::ptr::eq(*one, phone));
        let is_closed = list.hours.as_ref().is_some_and(|hours| !hours.is_open(at_us));
        let (code, detail) = match (place, standing(phone, at_us)) {
            (Some(_), _) => ("rings", "rings".to_owned()),
            (None, Standing::Paused(pause)) => {
                let until = pause.until_us.map(|at_us| format!(" until {}", time_text(at_us)));
                let reason = (!pause.reason.is_empty()).then(|| format!(": {}", pause.reason));
                let [until, reason] = [until, reason].map(Option::unwrap_or_default);
                ("paused", format!("is paused{until}{reason}"))
            }
            (None, Standing::OutsideHours) => ("outside_hours", "is outside its hours".to_owned()),
            (None, Standing::Rings) if is_closed => {
                ("skill_outside_hours", format!("\"{}\" is outside its hours", list.name))
            }
            (None, Standing::Rings) if decision.phones.iter().any(|one| one.id == phone.id) => {
                ("rings_before", "rings already".to_owned())
            }
            (None, Standing::Rings) => ("not_needed", "others ring, all at once".to_owned()),
        };
        Self {
            id: phone.id.to_string(),
            number: phone.number.to_string(),
            name: phone.name.to_string(),
            skill: list.name.to_string(),
            place: place.map(|before| before + 1),
            ring_time_s: phone.ring_time_s,
            delay_s: phone.delay_s,
            confirm: phone.confirm,
            code,
            detail,
        }
    }
}

/// A reason
#[derive(Serialize, ToSchema)]
#[schema(as = RingAnswerReason)]
pub struct Reason {
    /// A stable code for programs: `beyond_limit`, `no_such_skill`, `skill_alike`, `skill_renamed`,
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

impl Reason {
    /// It in words about this skill and this number.
    fn of(reason: &RingReason, skill: &str, number: &str) -> Self {
        let (mut change, mut at, mut source) = (None, None, None);
        // Who and when, to begin a sentence with.
        let mut by = |event: &HistoryRow| {
            change = Some(ChangeId(event.version).to_string());
            at = Some(time_text(event.at_us));
            source = Some(event.source.clone());
            format!("{} at {}", event.source, time_text(event.at_us))
        };
        let (code, detail) = match reason {
            RingReason::BeyondLimit(before) => {
                ("beyond_limit", format!("{number} is after {before} phones, and as many can ring"))
            }
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
                ("not_assigned", format!("{number} does not have the skill \"{skill}\""))
            }
            RingReason::Unassigned(event) => {
                ("unassigned", format!("{} unassigned \"{skill}\" from it", by(event)))
            }
        };
        Self { code, detail, change, at, source }
    }
}
