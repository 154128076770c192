//! A list of skills, and the name of each.

use directory::SkillName;
use directory::value::SkillNameFault;

/// The whole text is one name as well as a list of names.
pub fn check(text: &str) {
    let names: Vec<_> = SkillName::split_list(text).collect();
    for name in &names {
        assert!(!name.is_empty() && name.trim() == *name && !name.contains(','), "{name:?}");
        check_name(name);
    }
    // The list survives being joined and split again, also with spaces that are dropped.
    for separator in [",", " ,\t, "] {
        let list = names.join(separator);
        assert!(SkillName::split_list(&list).eq(names.iter().copied()), "{list:?}");
    }
    // Unlike an item, the whole text may have commas and outer white space.
    check_name(text);
}

/// Parses, and compares the result with the rule in the contract.
fn check_name(text: &str) {
    match SkillName::parse(text) {
        Ok(name) => {
            assert_eq!(name.as_str(), text);
            assert!((1..=64).contains(&text.chars().count()) && text.trim() == text, "{text:?}");
            assert!(!text.chars().any(|character| character == ',' || character.is_control()));
            assert!(text.chars().any(|character| !"\u{200c}\u{200d}".contains(character)));
        }
        Err(SkillNameFault::Empty) => assert!(text.is_empty()),
        Err(SkillNameFault::Space) => assert_ne!(text.trim(), text),
        Err(SkillNameFault::Length(characters)) => {
            assert_eq!(characters, text.chars().count());
            assert!(characters > 64);
        }
        Err(SkillNameFault::Reserved) => {
            assert!(text.starts_with(['s', '.']) && !text.contains(','));
        }
        Err(SkillNameFault::Comma) => assert!(text.contains(',')),
        Err(SkillNameFault::Invisible(character)) => assert!(text.contains(character)),
    }
}
