//! Values in files: written as their texts, and read as the texts of callers are, so that none is there
//! that the rules do not allow.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::routing::{Dialect, Hours, Mode, Pause, Template};
use crate::value::{KeyName, KeyScope, PhoneName, PhoneNumber, SkillName, UserName};

macro_rules! texts {
    ($($value:ident: $text:ident, $parse:expr;)+) => {$(
        impl Serialize for $value {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.$text().as_ref())
            }
        }

        impl<'de> Deserialize<'de> for $value {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let read = $parse(&String::deserialize(from)?);
                read.ok_or_else(|| D::Error::custom(concat!("not valid as ", stringify!($value))))
            }
        }
    )+};
}

texts! {
    Hours: to_string, |text: &str| Hours::parse(text).ok();
    KeyName: as_str, |text: &str| KeyName::parse(text).ok();
    KeyScope: as_str, KeyScope::parse;
    Mode: as_str, Mode::parse;
    Pause: to_string, |text: &str| Pause::parse(text).ok();
    PhoneName: as_str, |text: &str| PhoneName::parse(text).ok();
    PhoneNumber: to_string, |text: &str| PhoneNumber::parse(text).ok();
    Template: to_string, |text: &str| {
        let (dialect, text) = text.split_once('=')?;
        Template::parse(Dialect::parse(dialect)?, text).ok()
    };
    SkillName: as_str, |text: &str| SkillName::parse(text).ok();
    UserName: as_str, |text: &str| UserName::parse(text).ok();
}
