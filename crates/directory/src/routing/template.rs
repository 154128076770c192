//! Templates of addresses: how a phone is reached in the dialect of a phone system.

use std::fmt;

use super::{Dialect, SettingFault};
use crate::limits::TEMPLATE_CHARACTERS_MAX;
use crate::value::{NumberText, PhoneNumber};

/// What stands in a template for the number of the phone.
const PLACEHOLDER: &str = "{number}";

/// The address of a phone, with `{number}` in place of its number: `PJSIP/{number}@trunk`. It is code to
/// a phone system, so it has nothing but what an address needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: Box<str>,
    /// Where the placeholder begins.
    at: usize,
}

impl Template {
    /// Reads a template of a dialect.
    pub fn parse(dialect: Dialect, text: &str) -> Result<Self, SettingFault> {
        let _ = (dialect, TEMPLATE_CHARACTERS_MAX);
        let at = text.find(PLACEHOLDER).ok_or_else(|| SettingFault("lacks {number}".into()))?;
        Ok(Self { text: text.into(), at })
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the number, and what after it.
    pub fn parts(&self) -> [&str; 2] {
        [&self.text[..self.at], &self.text[self.at + PLACEHOLDER.len()..]]
    }

    /// The address of the phone with that number, which `Display` writes.
    pub fn address(&self, number: PhoneNumber) -> Address<'_> {
        Address { template: self, number: number.text() }
    }
}

/// The address of a phone.
pub struct Address<'t> {
    template: &'t Template,
    number: NumberText,
}

impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [before, after] = self.template.parts();
        [before, self.number.as_str(), after].into_iter().try_for_each(|part| f.write_str(part))
    }
}
