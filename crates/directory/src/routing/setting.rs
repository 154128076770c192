//! The names of routing settings, and what has them.

use std::fmt;
use std::str::FromStr;

use crate::value::{PhoneId, SkillId, named};

/// What routing settings belong to. As text: `account`, `s3`, `p17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "they are named as what they name")]
pub enum Subject {
    Account,
    Skill(SkillId),
    Phone(PhoneId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("account"),
            Self::Skill(id) => id.fmt(f),
            Self::Phone(id) => id.fmt(f),
        }
    }
}

named! {
    /// A language in which a phone system is told whom to ring. The address of a phone is another in
    /// each.
    #[derive(PartialOrd, Ord)]
    pub enum Dialect {
        /// Kamailio: a SIP URI.
        Kamailio = "kamailio",
        /// Asterisk's application `Dial`: a channel.
        AsteriskDial = "asterisk.dial",
        /// A member of a queue of Asterisk: a channel that reports its state.
        AsteriskMember = "asterisk.member",
        /// FreeSWITCH's application `bridge`: an endpoint.
        Freeswitch = "freeswitch",
    }
}

/// Which setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Setting {
    /// Whether the phones of a skill ring one after another or all at once.
    Mode,
    /// How long a phone rings, in seconds.
    RingTime,
    /// The skill to go on with.
    Overflow,
    /// When a skill or a phone takes calls.
    Hours,
    /// That a phone does not ring for the time being.
    Pause,
    /// How long a phone waits before it rings, in seconds.
    Delay,
    /// That whoever answers must press 1: somebody else's voicemail answers calls as well.
    Confirm,
    /// How a phone is addressed in a dialect.
    Template(Dialect),
}

impl Setting {
    /// All of them, each with its name.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::Mode, "mode"),
        (Self::RingTime, "ring_time_s"),
        (Self::Overflow, "overflow"),
        (Self::Hours, "hours"),
        (Self::Pause, "pause"),
        (Self::Delay, "delay_s"),
        (Self::Confirm, "confirm"),
        (Self::Template(Dialect::Kamailio), "dial_template.kamailio"),
        (Self::Template(Dialect::AsteriskDial), "dial_template.asterisk.dial"),
        (Self::Template(Dialect::AsteriskMember), "dial_template.asterisk.member"),
        (Self::Template(Dialect::Freeswitch), "dial_template.freeswitch"),
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(setting, _)| *setting == self).expect("all are there").1
    }

    /// The setting with that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(setting, _)| setting)
    }

    /// Whether it is one of the account, of a skill, of a phone, or of a phone in one of its skills.
    pub fn is_of(self, subject: Subject, in_skill: bool) -> bool {
        match (subject, in_skill) {
            (Subject::Account, false) => matches!(self, Self::Template(_)),
            (Subject::Skill(_), false) => {
                !matches!(self, Self::Pause | Self::Delay | Self::Confirm)
            }
            (Subject::Phone(_), false) => matches!(self, Self::Pause | Self::Hours),
            (Subject::Phone(_), true) => {
                matches!(self, Self::RingTime | Self::Pause | Self::Delay | Self::Confirm)
            }
            (_, true) => false,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A setting of a subject. As text: `pause`, or of a phone in a skill `s3.pause`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Of a phone: the skill that it is for, if it is not for all.
    pub skill: Option<SkillId>,
    /// Which setting.
    pub setting: Setting,
}

impl Key {
    /// Of the account, of a skill, or of a phone in all its skills.
    pub fn of(setting: Setting) -> Self {
        Self { skill: None, setting }
    }

    /// Of a phone in a skill.
    pub fn in_skill(skill: SkillId, setting: Setting) -> Self {
        Self { skill: Some(skill), setting }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(skill) = self.skill {
            write!(f, "{skill}.")?;
        }
        f.write_str(self.setting.as_str())
    }
}

impl FromStr for Key {
    type Err = &'static str;

    /// Reads what `Display` writes. The fault continues a sentence.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        let in_skill = text.split_once('.').and_then(|(skill, rest)| {
            Some(Self::in_skill(skill.parse().ok()?, Setting::parse(rest)?))
        });
        in_skill
            .or_else(|| Setting::parse(text).map(Self::of))
            .ok_or("must be the name of a routing setting")
    }
}
