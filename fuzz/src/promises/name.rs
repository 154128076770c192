//! A phone's name.

use directory::PhoneName;

/// One line is one name. Of two lines, each is a name, and the two are compared.
pub fn check(text: &str) {
    let (first, second) = text.split_once('\n').unwrap_or((text, text));
    if let (Some(one), Some(other)) = (parse(first), parse(second)) {
        assert_eq!(one == other, first == second);
        // Folded forms are equal if and only if the names match.
        assert_eq!(one.matches(second), other.matches(first));
        assert_eq!(one.matches(second), one.folded() == other.folded());
    }
}

/// Parses, and compares the result with the rule in the contract.
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
