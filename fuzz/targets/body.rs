//! The body of a PhoneManageV2 request: any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringbook::http::phone_manage::body::{Fields, parse};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

fuzz_target!(|bytes: &[u8]| {
    let syntax = serde_json::from_slice::<IgnoredAny>(bytes);
    match parse(bytes) {
        Ok(fields) => {
            assert!(syntax.is_ok(), "no JSON, and parsed: {fields:?}");
            check_values(&fields);
            let written = write(&fields);
            assert_eq!(parse(written.as_bytes()).as_ref(), Ok(&fields), "{written}");
        }
        Err(reason) => {
            let is_printable = reason.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            assert!(is_printable && reason.contains(": "), "{reason:?}");
            assert!(syntax.is_ok() || reason.starts_with("body: "), "no JSON, but {reason:?}");
        }
    }
});

/// White space alone is read as nothing, whatever the field.
fn check_values(fields: &Fields<'_>) {
    for (key, text) in known(fields) {
        assert!(text.is_empty() || !text.trim().is_empty(), "{key}: {text:?}");
    }
}

/// The same fields as another body.
fn write(fields: &Fields<'_>) -> String {
    let mut object = Map::new();
    for (key, text) in known(fields) {
        object.insert(key.to_owned(), Value::from(text));
    }
    if let Some(key) = &fields.unknown_skill_key {
        object.insert(key.to_string(), Value::from(1));
    }
    Value::from(object).to_string()
}

fn known<'a>(fields: &'a Fields<'_>) -> impl Iterator<Item = (&'static str, &'a str)> {
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
    .into_iter()
    .filter_map(|(key, value)| Some((key, value.as_deref()?)))
}
