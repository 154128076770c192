//! The JSON body: which fields, of which types (contract, "Request").

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::action::Action;
use super::reason::escaped;

/// A request of PhoneManageV2
// A field that is `null` counts as absent. A value of white space alone counts as empty.
#[derive(Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(as = PhoneManageRequest, rename_all = "camelCase", example = json!({
    "userName": "demo", "action": "create", "phoneNumber": "919876543210", "phoneName": "Ravi"
}))]
pub struct Fields<'a> {
    /// The account
    #[schema(value_type = String, example = "demo")]
    pub user_name: Option<Cow<'a, str>>,
    /// What to do
    #[schema(value_type = Action, example = "edit")]
    pub action: Option<Cow<'a, str>>,
    /// The number, of an existing phone or of a new one
    // A JSON integer keeps its digits as they were written.
    #[schema(example = "919876543210")]
    pub phone_number: Option<Cow<'a, str>>,
    /// The name, of an existing phone or of a new one
    #[schema(example = "Ravi")]
    pub phone_name: Option<Cow<'a, str>>,
    /// `edit`: the number from now on
    pub phone_number_new: Option<Cow<'a, str>>,
    /// `edit`: the name from now on
    // Also read from `PhoneNameNew`.
    pub phone_name_new: Option<Cow<'a, str>>,
    /// `create`: the skills, separated by commas
    pub skill: Option<Cow<'a, str>>,
    /// `edit`: skills to assign
    #[schema(example = "General,QA_Skill")]
    pub assign_skill: Option<Cow<'a, str>>,
    /// `edit`: skills to unassign, which happens first
    #[schema(rename = "unAssignSkill")]
    pub unassign_skill: Option<Cow<'a, str>>,
    /// The first unknown key that contains "skill" in any case and is not `null`. Because of it the
    /// skills are not saved (contract, "Skills").
    #[schema(ignore)]
    pub unknown_skill_key: Option<Cow<'a, str>>,
}

/// Parses a body. The error is the text of `Ringbook-Reason`: first the field at fault or `body`,
/// then what is wrong with it.
pub fn parse(bytes: &[u8]) -> Result<Fields<'_>, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("body: byte {} is not UTF-8", error.valid_up_to() + 1))?;
    // A byte order mark, which parsers may ignore (RFC 8259, section 8.1).
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let content = text.trim_start_matches([' ', '\t', '\r', '\n']);
    if content.is_empty() {
        // Some HTTP clients send no body with a GET, so the reason has no line and column.
        return Err("body: empty, expected a JSON object".to_owned());
    }
    let mut parser = serde_json::Deserializer::from_str(text);
    if !content.starts_with('{') {
        return Err(match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => "body: expected a JSON object".to_owned(),
            Err(error) => syntax(&error),
        });
    }
    let fields_or_fault =
        parser.deserialize_map(Reader::default()).map_err(|error| syntax(&error))?;
    parser.end().map_err(|error| syntax(&error))?;
    fields_or_fault
}

/// `body: line 8 column 1: expected "," or "}"`
fn syntax(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let what = what.replace('`', "\"");
    format!("body: line {} column {}: {what}", error.line(), error.column())
}

/// Reads the JSON object of a request.
#[derive(Default)]
struct Reader<'de> {
    fields: Fields<'de>,
    /// The known keys that were read: a bit each.
    seen: u16,
    /// The unknown keys that were read.
    unknown: HashSet<Cow<'de, str>>,
    /// The value of `PhoneNameNew`.
    capital_name: Option<Cow<'de, str>>,
    /// The first fault of a field.
    fault: Option<String>,
}

impl<'de> Visitor<'de> for Reader<'de> {
    /// The fields, or the first fault of a field. A syntax error fails the visitor itself. So it
    /// takes precedence, even if it comes after a fault.
    type Value = Result<Fields<'de>, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            self.read(key, &mut map)?;
        }
        Ok(self.fault.map_or(Ok(self.fields), Err))
    }
}

/// A key, which borrows unless it has escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Reader<'de> {
    fn read<A: MapAccess<'de>>(&mut self, key: Cow<'de, str>, map: &mut A) -> Result<(), A::Error> {
        let Self { fields, seen, capital_name, fault, .. } = self;
        let (bit, slot) = match &*key {
            "userName" => (0, &mut fields.user_name),
            "action" => (1, &mut fields.action),
            "phoneNumber" => (2, &mut fields.phone_number),
            "phoneName" => (3, &mut fields.phone_name),
            "phoneNumberNew" => (4, &mut fields.phone_number_new),
            "phoneNameNew" => (5, &mut fields.phone_name_new),
            "PhoneNameNew" => (6, capital_name),
            "skill" => (7, &mut fields.skill),
            "assignSkill" => (8, &mut fields.assign_skill),
            "unAssignSkill" => (9, &mut fields.unassign_skill),
            _ => return self.read_unknown(key, map),
        };
        let is_number = bit == 2 || bit == 4;
        let value = Value::read(map.next_value::<&RawValue>()?.get())?;
        if *seen & 1 << bit != 0 {
            fault.get_or_insert_with(|| format!("{key}: given twice"));
        }
        *seen |= 1 << bit;
        let expected = if is_number { "a string or an integer" } else { "a string" };
        match value {
            Value::Null => {}
            Value::Text(text) => *slot = Some(blank_is_empty(text)),
            Value::Number(written) if is_number && !written.contains(['.', 'e', 'E']) => {
                *slot = Some(Cow::Borrowed(written));
            }
            Value::Number(_) if is_number => {
                let what = "a number with a fraction or an exponent is not a phone number";
                self.note(format!("{key}: {what}"));
            }
            Value::Number(_) => self.note(format!("{key}: expected {expected}, got a number")),
            Value::Other(kind) => self.note(format!("{key}: expected {expected}, got {kind}")),
        }
        self.merge_names();
        Ok(())
    }

    fn read_unknown<A: MapAccess<'de>>(
        &mut self,
        key: Cow<'de, str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        // The raw text, as the value is not used: here a number may be out of range.
        let value = map.next_value::<&RawValue>()?.get();
        let is_skill_key = key.to_ascii_lowercase().contains("skill");
        if is_skill_key && value != "null" && self.fields.unknown_skill_key.is_none() {
            self.fields.unknown_skill_key = Some(key.clone());
        }
        if let Some(twice) = self.unknown.replace(key) {
            self.note(format!("{}: given twice", escaped(&twice)));
        }
        Ok(())
    }

    /// The vendor's reference spells the field `PhoneNameNew` in its table, `phoneNameNew` in its sample.
    fn merge_names(&mut self) {
        match (&self.fields.phone_name_new, &self.capital_name) {
            (Some(name), Some(capital)) if name != capital => {
                self.note("phoneNameNew: differs from PhoneNameNew".to_owned());
            }
            (None, Some(_)) => self.fields.phone_name_new.clone_from(&self.capital_name),
            _ => {}
        }
    }

    /// Notes a fault, if it is the first one.
    fn note(&mut self, fault: String) {
        self.fault.get_or_insert(fault);
    }
}

fn blank_is_empty(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.trim().is_empty() { Cow::Borrowed("") } else { text }
}

/// The value of a field.
enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    /// As it was written, so that no digit is lost.
    Number(&'a str),
    /// Another type: its name.
    Other(&'static str),
}

impl<'a> Value<'a> {
    /// Reads it from raw JSON, whose strings may still have half of a surrogate pair.
    fn read<E: Error>(raw: &'a str) -> Result<Self, E> {
        Ok(match raw.as_bytes()[0] {
            b'n' => Self::Null,
            b'"' if !raw.contains('\\') => Self::Text(Cow::Borrowed(&raw[1..raw.len() - 1])),
            b'"' => {
                let text = serde_json::from_str(raw);
                Self::Text(Cow::Owned(text.map_err(|_| E::custom("a string cannot be read"))?))
            }
            b'-' | b'0'..=b'9' => Self::Number(raw),
            b'[' => Self::Other("an array"),
            b'{' => Self::Other("an object"),
            _ => Self::Other("a boolean"),
        })
    }
}
