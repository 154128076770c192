//! A skill as it rings.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Dialect, Hours, Key, Mode, Pause, Setting, Subject, Template, Value};
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
    pub templates: Templates,
    /// The phones in ring order, at most [`RING_LIST_MAX`].
    pub phones: Box<[RingingPhone]>,
    /// How many phones the skill has.
    pub phone_count: usize,
}

type Templates = [Option<Arc<Template>>; Dialect::ALL.len()];

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
        let ring = || account.phones.ring(skill).take(RING_LIST_MAX);
        let versions = ring().map(|(id, _)| (id, account.phones.version(id).unwrap_or_default()));
        let mut list = Self {
            account: account.id,
            skill,
            name: account.skills.name(skill)?.clone(),
            version: account.counters.version,
            order: ring_version(account.skills.version(skill), versions),
            mode: Mode::default(),
            overflow: None,
            hours: None,
            templates: Templates::default(),
            phones: Box::default(),
            phone_count: account.phones.ring_len(skill),
        };
        let mut ring_time_s = RING_TIME_DEFAULT_S;
        for subject in [Subject::Account, Subject::Skill(skill)] {
            for value in account.routing.get(subject).values().cloned() {
                match value {
                    Value::Mode(mode) => list.mode = mode,
                    Value::Seconds(seconds) => ring_time_s = seconds,
                    Value::Skill(next) => list.overflow = Some(next),
                    Value::Hours(hours) => list.hours = Some(hours),
                    Value::Template(template) => {
                        let dialect = template.dialect;
                        list.templates[dialect as usize] = Some(template);
                    }
                    Value::Pause(_) | Value::Confirm => {}
                }
            }
        }
        let phone = |(id, phone)| RingingPhone::of(account, skill, id, phone, ring_time_s);
        list.phones = ring().map(phone).collect();
        Some(list)
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

impl RingingPhone {
    /// A phone of a skill with this ring time.
    fn of(account: &Account, skill: SkillId, id: PhoneId, phone: &Phone, ring_time_s: u16) -> Self {
        let mut ringing = Self {
            id,
            number: phone.number,
            name: phone.name.clone(),
            ring_time_s,
            delay_s: 0,
            confirm: false,
            pause: None,
            hours: None,
        };
        let settings = account.routing.get(Subject::Phone(id));
        let of_skill = |of: Option<SkillId>| {
            let begin = Key { skill: of, setting: Setting::Mode };
            settings.range(begin..).take_while(move |(key, _)| key.skill == of)
        };
        for (key, value) in of_skill(None).chain(of_skill(Some(skill))) {
            match (key.setting, value.clone()) {
                (Setting::RingTime, Value::Seconds(seconds)) => ringing.ring_time_s = seconds,
                (_, Value::Seconds(seconds)) => ringing.delay_s = seconds,
                (_, Value::Confirm) => ringing.confirm = true,
                (_, Value::Hours(hours)) => ringing.hours = Some(hours),
                (_, Value::Pause(pause)) => {
                    let both = [ringing.pause.take(), Some(pause)].into_iter().flatten();
                    ringing.pause = both.max_by_key(|pause| pause.until_us.unwrap_or(i64::MAX));
                }
                _ => {}
            }
        }
        ringing
    }
}
