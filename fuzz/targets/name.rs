//! A phone's name: any text. Two lines are two names that are compared.

#![no_main]

use directory::PhoneName;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\n').unwrap_or((text, text));
    if let (Some(one), Some(other)) = (parse(first), parse(second)) {
        assert_eq!(one == other, first == second);
        // The form in which two names are the same says what a comparison says.
        assert_eq!(one.matches(second), other.matches(first));
        assert_eq!(one.matches(second), one.folded() == other.folded());
    }
});

/// Parses, and holds the outcome against the words of the contract.
fn parse(text: &str) -> Option<PhoneName> {
    let name = PhoneName::parse(text);
    assert_eq!(name.is_ok(), is_valid(text), "{text:?}: {name:?}");
    let name = name.ok()?;
    assert_eq!(name.as_str(), text);
    assert!(name.matches(&text.to_ascii_uppercase()) && name.matches(&text.to_ascii_lowercase()));
    Some(name)
}

fn is_valid(text: &str) -> bool {
    let body = text.strip_prefix('+').unwrap_or(text).as_bytes();
    let is_alphanumeric = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    (2..=50).contains(&text.chars().count())
        && body.iter().all(|byte| byte.is_ascii_alphanumeric() || b".@_-".contains(byte))
        && is_alphanumeric(body.first())
        && is_alphanumeric(body.last())
}
