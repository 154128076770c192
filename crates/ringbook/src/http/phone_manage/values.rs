//! Checks 4 to 7: the values of the fields.

use std::borrow::Cow;

use directory::value::{NameFault, NumberFault};
use directory::{PhoneName, PhoneNumber};

use super::answer::Answer;
use super::reason::quoted;
use super::reply::{Field, Reply};

/// A value that must be present and not empty.
pub fn required<'a>(field: Field, value: Option<&'a Cow<'_, str>>) -> Result<&'a str, Answer> {
    let missing = |how| Answer::because(Reply::empty(field), format!("{}: {how}", field.as_str()));
    match value {
        None => Err(missing("missing")),
        Some(value) if value.is_empty() => Err(missing("empty")),
        Some(value) => Ok(value),
    }
}

/// Callers encode a leading `+` as `%2B` (contract, "Request").
pub fn decode_plus(number: &str) -> Cow<'_, str> {
    match number.strip_prefix("%2B").or_else(|| number.strip_prefix("%2b")) {
        Some(digits) => Cow::Owned(format!("+{digits}")),
        None => Cow::Borrowed(number),
    }
}

/// The number of an existing phone. It is only looked up, so any length is allowed.
pub fn existing_number(field: Field, text: &str) -> Result<String, Answer> {
    let number = decode_plus(text);
    match PhoneNumber::parse(&number) {
        Err(NumberFault::NotNumeric { .. } | NumberFault::Empty) => Err(not_numeric(field, text)),
        Ok(_) | Err(NumberFault::Length { .. }) => Ok(number.into_owned()),
    }
}

/// The number that a create or edit gives to a phone.
pub fn new_number(field: Field, text: &str) -> Result<PhoneNumber, Answer> {
    PhoneNumber::parse(&decode_plus(text)).map_err(|fault| match fault {
        NumberFault::Empty | NumberFault::NotNumeric { .. } => not_numeric(field, text),
        NumberFault::Length { .. } => {
            Answer::because(Reply::number_length(field), format!("{}: {fault}", field.as_str()))
        }
    })
}

/// The name that a create or edit gives to a phone.
pub fn new_name(field: Field, text: &str) -> Result<PhoneName, Answer> {
    PhoneName::parse(text).map_err(|fault| {
        let reply = match fault {
            NameFault::Empty => Reply::empty(field),
            _ => Reply::name_characters(field),
        };
        Answer::because(reply, format!("{}: {fault}", field.as_str()))
    })
}

fn not_numeric(field: Field, text: &str) -> Answer {
    let reason = format!("{}: {} is not numeric", field.as_str(), quoted(text));
    Answer::because(Reply::not_numeric(field), reason)
}
