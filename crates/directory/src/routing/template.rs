//! Templates of addresses: how a phone is reached in the dialect of a phone system.

use std::fmt;

use super::{Dialect, SettingFault};
use crate::escaped::Escaped;
use crate::limits::{PHONE_NUMBER_DIGITS_MAX, TEMPLATE_CHARACTERS_MAX};
use crate::value::PhoneNumber;

/// What stands in a template for the number of the phone.
const PLACEHOLDER: &str = "{number}";

/// Bytes of a queue member's address that Asterisk keeps.
const MEMBER_BYTES_MAX: usize = 79;

/// The address of a phone, with `{number}` in place of its number: `PJSIP/{number}@trunk`. It is code to
/// a phone system, so it has nothing but what an address needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub(super) dialect: Dialect,
    text: Box<str>,
    /// Where the placeholder begins.
    at: usize,
}

impl Template {
    /// Reads a template of a dialect: at most 128 characters, with `{number}` once.
    pub fn parse(dialect: Dialect, text: &str) -> Result<Self, SettingFault> {
        let [punctuation, example] = grammar(dialect);
        let fault = |what: String| Err(SettingFault(format!("{what}, like {example}")));
        let longest = match dialect {
            Dialect::AsteriskMember => {
                MEMBER_BYTES_MAX + PLACEHOLDER.len() - PHONE_NUMBER_DIGITS_MAX - 1
            }
            _ => TEMPLATE_CHARACTERS_MAX,
        };
        let characters = text.chars().count();
        if characters > longest {
            return fault(format!("has {characters} characters, at most {longest} are allowed"));
        }
        let parts = text.split_once(PLACEHOLDER).filter(|(_, rest)| !rest.contains(PLACEHOLDER));
        let Some((before, after)) = parts else {
            return fault(format!("must have {PLACEHOLDER} once, where the number stands"));
        };
        let is_allowed = |it: char| it.is_ascii_alphanumeric() || punctuation.contains(it);
        if let Some(other) = before.chars().chain(after.chars()).find(|it| !is_allowed(*it)) {
            let other = other.to_string();
            return fault(format!(
                "cannot contain '{}': allowed are letters, digits and {punctuation}",
                Escaped(&other)
            ));
        }
        let is_formed = match dialect {
            Dialect::Kamailio => {
                matches!(before, "sip:" | "sips:") && after.strip_prefix('@').is_some_and(is_host)
            }
            Dialect::AsteriskDial | Dialect::AsteriskMember | Dialect::Freeswitch => {
                before.split_once('/').is_some_and(|(technology, _)| is_word(technology, ""))
            }
        };
        if !is_formed {
            return fault("is no address of this kind".to_owned());
        }
        Ok(Self { dialect, text: text.into(), at: before.len() })
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the number, and what after it.
    pub fn parts(&self) -> [&str; 2] {
        [&self.text[..self.at], &self.text[self.at + PLACEHOLDER.len()..]]
    }

    /// The address of the phone with that number.
    pub fn address(&self, number: PhoneNumber) -> String {
        self.text.replace(PLACEHOLDER, number.text().as_str())
    }
}

/// As in a file: `kamailio=sip:{number}@sbc.example`.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.dialect.as_str(), self.text)
    }
}

/// The characters that addresses of a dialect have besides letters and digits, and an example.
fn grammar(dialect: Dialect) -> [&'static str; 2] {
    match dialect {
        Dialect::Kamailio => [".-_:@;=", "sip:{number}@sbc.example:5060;transport=tcp"],
        Dialect::AsteriskDial => ["/@.-_:+", "PJSIP/{number}@trunk"],
        Dialect::AsteriskMember => ["/@.-_:+", "Local/{number}@hunt-out/n"],
        Dialect::Freeswitch => ["/@.-_:+%;=", "sofia/gateway/trunk/{number}"],
    }
}

/// Whether a text is `HOST`, `HOST:PORT`, or one of these with `;NAME` or `;NAME=VALUE` after it.
fn is_host(text: &str) -> bool {
    let mut parts = text.split(';');
    let authority = parts.next().unwrap_or_default();
    let (host, port) = authority.split_once(':').unwrap_or((authority, "5060"));
    let is_parameter = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, "none"));
        is_word(name, "-_.") && is_word(value, "-_.")
    };
    let is_port = is_word(port, "") && port.parse::<u16>().is_ok_and(|port| port > 0);
    is_word(host, "-.") && is_port && parts.all(is_parameter)
}

/// Whether a text is not empty, and has letters, digits and this punctuation alone.
fn is_word(text: &str, punctuation: &str) -> bool {
    let is_allowed = |it: char| it.is_ascii_alphanumeric() || punctuation.contains(it);
    !text.is_empty() && text.chars().all(is_allowed)
}
