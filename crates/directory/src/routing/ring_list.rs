//! A skill as it rings.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Dialect, Hours, Key, Mode, Pause, Setting, Subject, Template};
use crate::account::{Account, AccountId, ring_version};
use crate::limits::RING_TIME_DEFAULT_S;
use crate::value::{Phone, PhoneId, PhoneName, PhoneNumber, SkillId, SkillName};

/// Phones of a ring list. Those after them do not ring: no phone system takes as many.
pub const RING_LIST_MAX: usize = 5_000;

/// A skill as it rings at a version of its account. It does not change: a commit makes another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "names say what the others are")]
pub struct RingList {
    pub account: AccountId,
    pub skill: SkillId,
    pub name: SkillName,
    pub version: u64,
    /// A number for the order of the phones: another one whenever that is. Of a list that has all phones
    /// of its skill it is [`Account::ring_version`].
    pub order: u64,
    pub mode: Mode,
    pub overflow: Option<SkillId>,
    /// When the skill takes calls, if not always.
    pub hours: Option<Arc<Hours>>,
    /// How phones are addressed, by the number of the [`Dialect`]: the skill's templates, or else the
    /// account's.
    #[serde(with = "crate::texts::templates")]
    pub templates: [Option<Arc<Template>>; Dialect::ALL.len()],
    /// The phones in ring order, at most [`RING_LIST_MAX`].
    pub phones: Box<[RingingPhone]>,
    /// How many phones the skill has.
    pub phone_count: usize,
}

/// A phone of a ring list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "names say what the others are")]
pub struct RingingPhone {
    pub id: PhoneId,
    pub number: PhoneNumber,
    pub name: PhoneName,
    /// How long it rings, in seconds: the phone's time in this skill, or else the skill's.
    pub ring_time_s: u16,
    /// How long it waits before it rings, in seconds.
    pub delay_s: u16,
    /// Whether whoever answers must press 1.
    pub confirm: bool,
    /// Its pause, either in this skill or in all: whichever lasts longer.
    pub pause: Option<Arc<Pause>>,
    /// When it takes calls, if not always.
    pub hours: Option<Arc<Hours>>,
}

impl RingList {
    /// The ring list of a skill as the account is now, if there is that skill.
    pub fn of(account: &Account, skill: SkillId) -> Option<Self> {
        let routing = &account.routing;
        let (settings, general) =
            (routing.get(Subject::Skill(skill)), routing.get(Subject::Account));
        let template = |dialect| settings.template(dialect).or(general.template(dialect)).cloned();
        let ring_time_s =
            settings.seconds(Key::of(Setting::RingTime)).unwrap_or(RING_TIME_DEFAULT_S);
        let ring = || account.phones.ring(skill).take(RING_LIST_MAX);
        let versions = ring().map(|(id, _)| (id, account.phones.version(id).unwrap_or_default()));
        let phone = |(id, Phone { number, name, .. }): (PhoneId, &Phone)| {
            let own = routing.get(Subject::Phone(id));
            let here = |setting| Key::in_skill(skill, setting);
            RingingPhone {
                id,
                number: *number,
                name: name.clone(),
                ring_time_s: own.seconds(here(Setting::RingTime)).unwrap_or(ring_time_s),
                delay_s: own.seconds(here(Setting::Delay)).unwrap_or_default(),
                confirm: own.get(here(Setting::Confirm)).is_some(),
                pause: own.pause_in(skill).cloned(),
                hours: own.hours().cloned(),
            }
        };
        Some(Self {
            account: account.id,
            skill,
            name: account.skills.name(skill)?.clone(),
            version: account.counters.version,
            order: ring_version(account.skills.version(skill), versions),
            mode: settings.mode(),
            overflow: settings.overflow(),
            hours: settings.hours().cloned(),
            templates: Dialect::ALL.map(template),
            phones: ring().map(phone).collect(),
            phone_count: account.phones.ring_len(skill),
        })
    }

    /// Whether the same phones ring at all times, as long as it is the list.
    pub fn is_steady(&self) -> bool {
        let is_steady = |phone: &RingingPhone| {
            phone.hours.is_none() && phone.pause.as_ref().is_none_or(|it| it.until_us.is_none())
        };
        self.overflow.is_none() && self.hours.is_none() && self.phones.iter().all(is_steady)
    }

    /// How its phones are addressed in a dialect.
    pub fn template(&self, dialect: Dialect) -> Option<&Template> {
        self.templates[dialect as usize].as_deref()
    }
}
