//! The body of a PhoneManageV2 request.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use ringbook::http::phone_manage::body::{Fields, parse};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A body parses to its JSON fields, or is refused with a printable reason.
pub fn check(bytes: &[u8]) {
    let with_mark = bytes;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    match parse(with_mark) {
        Ok(fields) => {
            let pairs = serde_json::from_slice::<Pairs<'_>>(bytes).expect("a JSON object").0;
            check_fields(&fields, &pairs);
            let written = write(&fields);
            assert_eq!(parse(written.as_bytes()).as_ref(), Ok(&fields), "{written}");
        }
        Err(reason) => {
            let is_printable = reason.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            assert!(is_printable && reason.contains(": "), "{reason:?}");
            let is_json = serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
            assert!(is_json || reason.starts_with("body: "), "no JSON, but {reason:?}");
        }
    }
}

/// The keys of an object in order, each with its raw value.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The parsed fields are those of the object, and no key occurs twice.
fn check_fields(fields: &Fields<'_>, pairs: &[(String, &RawValue)]) {
    let mut keys = HashSet::new();
    assert!(pairs.iter().all(|(key, _)| keys.insert(key)), "a key is given twice: {keys:?}");
    let of = |wanted: &str| {
        let pair = pairs.iter().find(|(key, _)| key == wanted);
        pair.and_then(|(key, value)| text(key, value.get()))
    };
    let [name, capital] = [of("phoneNameNew"), of("PhoneNameNew")];
    assert!(name.is_none() || capital.is_none() || name == capital);
    for (key, value) in known(fields) {
        let expected =
            if key == "phoneNameNew" { name.clone().or(capital.clone()) } else { of(key) };
        assert_eq!(*value, expected.map(Cow::Owned), "{key}");
    }
    let is_known =
        |key: &str| key == "PhoneNameNew" || known(fields).iter().any(|(k, _)| *k == key);
    let unknown = pairs.iter().find(|(key, value)| {
        !is_known(key) && key.to_ascii_lowercase().contains("skill") && value.get() != "null"
    });
    assert_eq!(fields.unknown_skill_key.as_deref(), unknown.map(|(key, _)| key.as_str()));
}

/// The value of a field: blank text becomes empty, an integer keeps its digits.
fn text(key: &str, value: &str) -> Option<String> {
    if value == "null" {
        return None;
    }
    if value.starts_with('"') {
        let text: String = serde_json::from_str(value).expect("a string");
        return Some(if text.trim().is_empty() { String::new() } else { text });
    }
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_integer = digits.bytes().all(|byte| byte.is_ascii_digit());
    assert!(is_integer && key.starts_with("phoneNumber"), "{key} of another type: {value}");
    Some(value.to_owned())
}

/// Writes the fields as a new body.
fn write(fields: &Fields<'_>) -> String {
    let mut object = serde_json::Map::new();
    for (key, value) in known(fields) {
        if let Some(value) = value {
            object.insert(key.to_owned(), value.as_ref().into());
        }
    }
    if let Some(key) = &fields.unknown_skill_key {
        object.insert(key.to_string(), 1.into());
    }
    serde_json::Value::from(object).to_string()
}

fn known<'f, 'a>(fields: &'f Fields<'a>) -> [(&'static str, &'f Option<Cow<'a, str>>); 9] {
    [
        ("userName", &fields.user_name),
        ("action", &fields.action),
        ("phoneNumber", &fields.phone_number),
        ("phoneName", &fields.phone_name),
        ("phoneNumberNew", &fields.phone_number_new),
        ("phoneNameNew", &fields.phone_name_new),
        ("skill", &fields.skill),
        ("assignSkill", &fields.assign_skill),
        ("unAssignSkill", &fields.unassign_skill),
    ]
}
