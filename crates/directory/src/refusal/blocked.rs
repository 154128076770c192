//! What prevents changes from being reverted.

use super::Refusal;
use crate::account::Skills;
use crate::change::Kind;
use crate::routing::{Key, Subject, Value};
use crate::value::{ChangeId, PhoneId, PhoneNumber, SkillId, SkillName};

/// A change that newer changes prevent from being reverted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockedChange {
    /// The account's version after the change.
    pub version: u64,
    /// What prevents it.
    pub why: Obstacle,
}

/// Names the changes, and counts those that are not among them.
pub(super) fn blocked_text(changes: &[BlockedChange], count: usize) -> String {
    if let [BlockedChange { version, why }] = changes {
        return format!("{} cannot be taken back: {why}", ChangeId(*version));
    }
    let named =
        changes.iter().map(|change| format!("{}: {}", ChangeId(change.version), change.why));
    let more = count - changes.len();
    let more = (more > 0).then(|| format!("and {more} more"));
    let all: Vec<_> = named.chain(more).collect();
    format!("{count} changes cannot be taken back: {}", all.join("; "))
}

/// What prevents a change from being reverted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of an obstacle says what its values are")]
pub enum Obstacle {
    /// The phone was deleted, or exists again.
    #[error("the phone {} by now", if *.1 { "exists again" } else { "is deleted" })]
    Phone(PhoneId, bool),
    /// A field of the phone, by its name, has another value than the change left: this one.
    #[error("the phone's {1} is {2} by now")]
    PhoneField(PhoneId, &'static str, String),
    /// The phone has other skills than the change left, or other positions in their ring orders.
    #[error(
        "the phone's skills, or its places in their ring orders, are others by now: it has {}",
        if .1.is_empty() { "none".to_owned() } else { join(.1) }
    )]
    PhoneSkills(PhoneId, Vec<SkillName>),
    /// The skill that was deleted exists again.
    #[error("the skill exists again by now, named \"{1}\"")]
    SkillBack(SkillId, SkillName),
    /// The skill has another name than the change left, or was deleted.
    #[error("the skill is {} by now", .1.as_ref().map_or("deleted".into(), |name| format!("named \"{name}\"")))]
    Skill(SkillId, Option<SkillName>),
    /// A setting, by its name, has another value than the change left: this one.
    #[error("the setting {0} is {1} by now")]
    Setting(&'static str, String),
    /// A routing setting, perhaps of a phone in the skill of this name, has another value than the change
    /// left.
    #[error("the setting {}{} {} by now", .key.setting, in_skill(.skill.as_ref()), .now.as_ref().map_or("is not set".into(), |now| format!("is \"{now}\"")))]
    Routing { subject: Subject, key: Key, skill: Option<SkillName>, now: Option<String> },
    /// The history keeps too little of a change of this kind.
    #[error("the history keeps too little of it")]
    NotRecorded(Kind),
    /// Another phone has the former number or name by now, or there would be more phones than the
    /// creation limit.
    #[error("{0}")]
    Refused(Refusal),
    /// A skill that the phone had was deleted. The name is the last one that it had, if that is known.
    #[error("{} that the phone had is deleted by now", match name {
        Some(name) => format!("the skill \"{name}\""),
        None => "a skill".to_owned(),
    })]
    SkillGone { id: SkillId, name: Option<SkillName> },
    /// The skill that it created is assigned to phones.
    #[error("the skill \"{name}\" is assigned to {phones} phone{} by now", if *phones == 1 { "" } else { "s" })]
    SkillAssigned { id: SkillId, name: SkillName, phones: usize },
    /// Another skill has the name that the skill had.
    #[error("another skill is named \"{0}\" by now")]
    SkillNameTaken(SkillName),
    /// Another phone, with this id and this number, has the former position in a ring order.
    #[error("the phone's place in the ring order of \"{name}\" is that of {owner} by now")]
    PositionTaken { skill: SkillId, name: SkillName, phone: PhoneId, owner: PhoneNumber },
}

impl Obstacle {
    /// A routing setting that has this value now.
    pub(crate) fn routing(
        skills: &Skills,
        subject: Subject,
        key: Key,
        now: Option<&Value>,
    ) -> Self {
        let skill = key.skill.and_then(|skill| skills.name(skill).cloned());
        Self::Routing { subject, key, skill, now: now.map(ToString::to_string) }
    }
}

fn in_skill(skill: Option<&SkillName>) -> String {
    skill.map_or_else(String::new, |skill| format!(" in \"{skill}\""))
}

fn join(names: &[SkillName]) -> String {
    names.iter().map(SkillName::as_str).collect::<Vec<_>>().join(", ")
}
