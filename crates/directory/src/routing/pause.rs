//! Pauses of phones.

use std::fmt;

use jiff::Timestamp;

use super::SettingFault;
use crate::escaped::Escaped;
use crate::limits::PAUSE_REASON_CHARACTERS_MAX;

/// That a phone does not ring for the time being. As text when it ends, or `-`, and the reason if there
/// is one: `- lunch`, `2026-11-29T10:00:00Z lunch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// When it ends, microseconds UTC; otherwise when somebody resumes the phone.
    pub until_us: Option<i64>,
    /// Why, for people; may be empty.
    pub reason: String,
}

impl Pause {
    /// A pause with a reason of at most 80 characters, none of which is a control character. Spaces
    /// around it are dropped.
    pub fn new(until_us: Option<i64>, reason: &str) -> Result<Self, SettingFault> {
        let fault = |text: String| Err(SettingFault(text));
        let reason = reason.trim();
        let characters = reason.chars().count();
        if characters > PAUSE_REASON_CHARACTERS_MAX {
            return fault(format!(
                "has a reason of {characters} characters, at most {PAUSE_REASON_CHARACTERS_MAX} are \
                 allowed"
            ));
        }
        if let Some(character) = reason.chars().find(|character| character.is_control()) {
            let code = u32::from(character);
            return fault(format!("has a reason with the control character U+{code:04X}"));
        }
        if until_us.is_some_and(|until_us| Timestamp::from_microsecond(until_us).is_err()) {
            return fault("ends at a time that no calendar has".to_owned());
        }
        Ok(Self { until_us, reason: reason.to_owned() })
    }

    /// Reads its text. The time may have an offset, as `2026-11-29T15:30:00+05:30`.
    pub fn parse(text: &str) -> Result<Self, SettingFault> {
        let (until, reason) = text.split_once(' ').unwrap_or((text, ""));
        if until == "-" {
            return Self::new(None, reason);
        }
        let at: Timestamp = until.parse().map_err(|_| {
            SettingFault(format!(
                "must begin with \"-\" or the time when it ends, like 2026-11-29T10:00:00Z, not \"{}\"",
                Escaped(until)
            ))
        })?;
        Self::new(Some(at.as_microsecond()), reason)
    }

    /// Whether it lasts at this time, microseconds UTC.
    pub fn is_on(&self, at_us: i64) -> bool {
        self.until_us.is_none_or(|until_us| at_us < until_us)
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until_us.and_then(|until_us| Timestamp::from_microsecond(until_us).ok()) {
            Some(until) => write!(f, "{until}")?,
            None => f.write_str("-")?,
        }
        if self.reason.is_empty() { Ok(()) } else { write!(f, " {}", self.reason) }
    }
}
