//! Hours: when a skill or a phone takes calls.

use std::fmt;

use super::SettingFault;

/// When a skill or a phone takes calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours(String);

impl Hours {
    /// Reads their text.
    pub fn parse(text: &str) -> Result<Self, SettingFault> {
        Ok(Self(text.to_owned()))
    }

    /// Whether they are open at this time, microseconds UTC.
    pub fn is_open(&self, at_us: i64) -> bool {
        unimplemented!("{at_us}")
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
