//! Members of a body. Each is read by itself, so that all faults are reported at once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroU32;

use directory::limits::{PHONE_NUMBER_LIMIT_MAX, SKILLS_MAX};
use directory::{KeyName, PhoneName, PhoneNumber, SkillName, UserName};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use super::choice::{self, Choice};
use super::code::Code;
use super::problem::{FieldError, Problem};
use crate::secret::ApiKey;

/// A member of a body. Reading it never fails, so that the others are read as well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// It is not there.
    #[default]
    Absent,
    /// It is `null`.
    Null,
    /// It is there and valid.
    Given(T),
    /// It is there and not valid: why.
    Invalid(String),
}

impl<'de, T: FromValue> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(&Value::deserialize(deserializer)?))
    }
}

impl<T: FromValue> Field<T> {
    fn of(value: &Value) -> Self {
        if value.is_null() {
            return Self::Null;
        }
        T::from_value(value).map_or_else(|why| Self::Invalid(why.into()), Self::Given)
    }
}

/// Wrong items of a list that are reported: a list with more is most likely another list.
const ITEM_FAULTS_MAX: usize = 100;

/// Why a value is not of its type, in a few words.
pub type Fault = Cow<'static, str>;

/// A value that is read from JSON.
pub trait FromValue: Sized {
    fn from_value(value: &Value) -> Result<Self, Fault>;
}

fn text(value: &Value) -> Result<&str, Fault> {
    value.as_str().ok_or(Cow::Borrowed("must be a string"))
}

impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        text(value).map(str::to_owned)
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        value.as_bool().ok_or(Cow::Borrowed("must be true or false"))
    }
}

impl FromValue for Number {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        value.as_number().cloned().ok_or(Cow::Borrowed("must be a number"))
    }
}

/// The members of an object.
impl<T: FromValue> FromValue for BTreeMap<String, Field<T>> {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        let members = value.as_object().ok_or(Cow::Borrowed("must be an object"))?;
        Ok(members.iter().map(|(name, value)| (name.clone(), Field::of(value))).collect())
    }
}

/// A whole number within a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole<const MIN: u32, const MAX: u32>(pub u32);

impl<const MIN: u32, const MAX: u32> FromValue for Whole<MIN, MAX> {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (MIN..=MAX).contains(number)).map(Self);
        number.ok_or_else(|| format!("must be a whole number from {MIN} to {MAX}").into())
    }
}

/// The most phones that an account may have.
pub type PhoneNumberLimit = Whole<0, PHONE_NUMBER_LIMIT_MAX>;

/// A place in a list.
impl FromValue for NonZeroU32 {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        let number = Whole::<1, { u32::MAX }>::from_value(value).ok();
        let number = number.and_then(|Whole(number)| Self::new(number));
        number.ok_or(Cow::Borrowed("must be a whole number, counted from 1"))
    }
}

/// Values that are parsed from a string.
macro_rules! parsed {
    ($($value:ty),+) => {$(
        impl FromValue for $value {
            fn from_value(value: &Value) -> Result<Self, Fault> {
                Self::parse(text(value)?).map_err(|fault| fault.to_string().into())
            }
        }
    )+};
}

parsed!(ApiKey, KeyName, PhoneName, PhoneNumber, SkillName, UserName);

impl<T: Choice> FromValue for T {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        choice::find(text(value)?).ok_or_else(|| {
            let mut names = choice::names::<T>();
            let last = names.pop().unwrap_or_default();
            format!("must be {} or {last}", names.join(", ")).into()
        })
    }
}

/// A time, microseconds UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeUs(pub i64);

impl FromValue for TimeUs {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        let time = text(value)?.parse::<Timestamp>().ok();
        let time = time.ok_or(Cow::Borrowed("must be a time like 2026-11-24T08:30:00Z"))?;
        Ok(Self(time.as_microsecond()))
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        let items = value.as_array().ok_or(Cow::Borrowed("must be a list"))?;
        let (mut read, mut wrong) = (Vec::with_capacity(items.len()), Vec::new());
        for (index, item) in items.iter().enumerate() {
            match T::from_value(item) {
                Ok(value) => read.push(value),
                Err(why) => wrong.push(format!("item {index}: {why}")),
            }
            if wrong.len() == ITEM_FAULTS_MAX {
                break;
            }
        }
        if wrong.is_empty() { Ok(read) } else { Err(wrong.join("; ").into()) }
    }
}

/// The names of skills of a phone: no more than an account may have.
#[derive(Debug, Default)]
pub struct SkillNames(pub Vec<String>);

impl FromValue for SkillNames {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        let count = value.as_array().map_or(0, Vec::len);
        if count > SKILLS_MAX {
            let why = format!("has {count} items, and an account at most {SKILLS_MAX} skills");
            return Err(why.into());
        }
        Vec::from_value(value).map(Self)
    }
}

/// Declares the body of a request. Each member is a [`Field`], and unknown ones are in `others`. Where
/// members say in which way of [`Faults`] they are read, the body is read so as a whole.
macro_rules! body {
    ($(#[$attribute:meta])* pub struct $name:ident {
        $($(#[$of_member:meta])* $member:ident: Field<$kind:ty>,)+
    }) => {
        $(#[$attribute])*
        #[derive(serde::Deserialize, utoipa::ToSchema)]
        pub struct $name {
            $($(#[$of_member])* #[serde(default)] $member: Field<$kind>,)+
            #[serde(flatten)]
            #[schema(ignore)]
            others: $crate::http::api::field::Others,
        }
    };
    ($(#[$attribute:meta])* pub struct $name:ident {
        $($(#[$of_member:meta])* $member:ident: $way:ident $kind:ty,)+
    }) => {
        $crate::http::api::field::body! {
            $(#[$attribute])* pub struct $name { $($(#[$of_member])* $member: Field<$kind>,)+ }
        }

        impl $crate::http::api::field::Body for $name {
            type Values = ($($crate::http::api::field::read_as!($way $kind),)+);

            fn read(self) -> Result<Self::Values, Faults> {
                let mut faults = Faults::of(&self.others);
                $(let $member = faults.$way(stringify!($member), self.$member);)+
                faults.checked(Some(()))?;
                Ok(($($crate::http::api::field::read_as!($way = $member),)+))
            }
        }
    };
}
pub(crate) use body;

/// The value of a member that was read in that way without a fault, or its type.
macro_rules! read_as {
    (required = $member:ident) => { $member.expect("it is noted where it is missing") };
    (optional = $member:ident) => { $member };
    (required $kind:ty) => { $kind };
    (optional $kind:ty) => { Option<$kind> };
}
pub(crate) use read_as;

/// A body whose members are values, if nothing is wrong.
pub trait Body: DeserializeOwned {
    /// The values of its members, in their order.
    type Values;

    /// Reads all of them, so that all faults are reported at once.
    fn read(self) -> Result<Self::Values, Faults>;
}

/// Unknown members of a body.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
#[allow(clippy::zero_sized_map_values, reason = "the members of a body cannot be read as a set")]
pub struct Others(BTreeMap<String, serde::de::IgnoredAny>);

/// Collects all that is wrong with a body.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// Begins with the unknown members.
    pub fn of(others: &Others) -> Self {
        let mut faults = Self::default();
        faults.add_others("", others);
        faults
    }

    /// Notes the unknown members of the one at this JSON pointer.
    pub fn add_others(&mut self, within: &str, others: &Others) {
        for name in others.0.keys() {
            self.add_at(within, name, "unknown_field", "there is no such field here");
        }
    }

    /// A single one.
    pub fn one(name: &str, code: &str, why: &str) -> Self {
        let mut faults = Self::default();
        faults.add(name, code, why);
        faults
    }

    /// Notes what is wrong with a member. `why` continues a sentence that begins with its name.
    pub fn add(&mut self, name: &str, code: &str, why: &str) {
        self.add_at("", name, code, why);
    }

    /// The same of a member of the one at this JSON pointer.
    pub fn add_at(&mut self, within: &str, name: &str, code: &str, why: &str) {
        let pointer = format!("{within}{}", pointer(name));
        self.0.push(FieldError::at(pointer, code, format!("{name}: {why}")));
    }

    /// The value of a member that may be absent and cannot be `null`.
    pub fn optional<T>(&mut self, name: &str, field: Field<T>) -> Option<T> {
        let why = match field {
            Field::Absent => return None,
            Field::Given(value) => return Some(value),
            Field::Null => "cannot be null".to_owned(),
            Field::Invalid(why) => why,
        };
        self.add(name, "invalid", &why);
        None
    }

    /// The value of a member that must be there.
    pub fn required<T>(&mut self, name: &str, field: Field<T>) -> Option<T> {
        if matches!(field, Field::Absent) {
            self.add(name, "missing", "must be given");
            return None;
        }
        self.optional(name, field)
    }

    /// The value of a member that `null` removes: absent, removed, or a value.
    #[allow(clippy::option_option, reason = "absent, removed, or a value")]
    pub fn nullable<T>(&mut self, name: &str, field: Field<T>) -> Option<Option<T>> {
        match field {
            Field::Null => Some(None),
            field => self.optional(name, field).map(Some),
        }
    }

    /// What was read, if nothing is wrong. A required value that is missing was noted before.
    pub fn checked<T>(self, read: Option<T>) -> Result<T, Self> {
        read.filter(|_| self.0.is_empty()).ok_or(self)
    }
}

/// The JSON pointer of a member of the body.
pub fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl From<Faults> for Problem {
    fn from(faults: Faults) -> Self {
        Self::of_errors(Code::InvalidFields, faults.0, "fields")
    }
}
