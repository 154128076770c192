//! A list of skills, and the name of each: any text.

#![no_main]

use directory::SkillName;
use directory::value::SkillNameFault;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let names: Vec<_> = SkillName::split_list(text).collect();
    for name in &names {
        assert!(!name.is_empty() && name.trim() == *name && !name.contains(','), "{name:?}");
        check(name);
    }
    // Written again, the list is the same, with or without what is dropped.
    for separator in [",", " ,\t, "] {
        let list = names.join(separator);
        assert!(SkillName::split_list(&list).eq(names.iter().copied()), "{list:?}");
    }
    // As a whole it may have a comma, or white space at an end.
    check(text);
});

/// Parses, and holds the outcome against the words of the contract.
fn check(text: &str) {
    match SkillName::parse(text) {
        Ok(name) => {
            assert_eq!(name.as_str(), text);
            assert!((1..=64).contains(&text.chars().count()) && text.trim() == text, "{text:?}");
            assert!(!text.chars().any(|character| character == ',' || character.is_control()));
        }
        Err(SkillNameFault::Empty) => assert!(text.is_empty()),
        Err(SkillNameFault::Space) => assert_ne!(text.trim(), text),
        Err(SkillNameFault::Length(characters)) => {
            assert_eq!(characters, text.chars().count());
            assert!(characters > 64);
        }
        Err(SkillNameFault::Character(character)) => {
            assert!(text.contains(character) && (character == ',' || character.is_control()));
        }
    }
}
