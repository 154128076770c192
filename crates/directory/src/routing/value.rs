//! The values of routing settings, each with its text.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Hours, Pause, Setting, Template};
use crate::escaped::Escaped;
use crate::limits::{DELAY_MAX_S, RING_TIME_MAX_S};
use crate::value::{SkillId, named};

named! {
    /// How the phones of a skill ring.
    #[derive(Default)]
    pub enum Mode {
        /// One after another.
        #[default]
        Serial = "serial",
        /// All at once.
        Parallel = "parallel",
    }
}

/// The value of a routing setting.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are named as the settings")]
pub enum Value {
    Mode(Mode),
    /// Of [`Setting::RingTime`] and [`Setting::Delay`].
    Seconds(u16),
    /// Of [`Setting::Overflow`]; as text its id.
    Skill(SkillId),
    Hours(Arc<Hours>),
    Pause(Arc<Pause>),
    /// Of [`Setting::Confirm`]; as text `true`. Otherwise it is not set.
    Confirm,
    Template(Arc<Template>),
}

/// What is wrong with the text of a value. It continues a sentence that begins with the name of the
/// setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingFault(pub(crate) String);

impl Value {
    /// Reads the text of a setting's value.
    pub fn parse(setting: Setting, text: &str) -> Result<Self, SettingFault> {
        match setting {
            Setting::Mode => {
                Mode::parse(text).map(Self::Mode).ok_or_else(|| must_be("serial or parallel", text))
            }
            Setting::RingTime => seconds(1..=RING_TIME_MAX_S, text),
            Setting::Delay => seconds(0..=DELAY_MAX_S, text),
            Setting::Overflow => {
                text.parse().map(Self::Skill).map_err(|_| must_be("the id of a skill", text))
            }
            Setting::Hours => Hours::parse(text).map(|hours| Self::Hours(Arc::new(hours))),
            Setting::Pause => Pause::parse(text).map(|pause| Self::Pause(Arc::new(pause))),
            Setting::Confirm if text == "true" => Ok(Self::Confirm),
            Setting::Confirm => Err(must_be("true, or not be set", text)),
            Setting::Template(dialect) => {
                Template::parse(dialect, text).map(|template| Self::Template(Arc::new(template)))
            }
        }
    }

    /// The skill that it names.
    pub(crate) fn skill(&self) -> Option<SkillId> {
        if let Self::Skill(id) = self { Some(*id) } else { None }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mode(mode) => f.write_str(mode.as_str()),
            Self::Seconds(seconds) => seconds.fmt(f),
            Self::Skill(skill) => skill.fmt(f),
            Self::Hours(hours) => hours.fmt(f),
            Self::Pause(pause) => pause.fmt(f),
            Self::Confirm => f.write_str("true"),
            Self::Template(template) => f.write_str(template.as_str()),
        }
    }
}

fn seconds(allowed: RangeInclusive<u16>, text: &str) -> Result<Value, SettingFault> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let given = is_number.then(|| text.parse().ok()).flatten();
    given.filter(|seconds| allowed.contains(seconds)).map(Value::Seconds).ok_or_else(|| {
        let what = format!("from {} to {} seconds", allowed.start(), allowed.end());
        must_be(&what, text)
    })
}

fn must_be(what: &str, text: &str) -> SettingFault {
    SettingFault(format!("must be {what}, not \"{}\"", Escaped(text)))
}
