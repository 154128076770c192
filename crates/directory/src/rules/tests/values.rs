//! Edges of names, numbers and skills, at the length and character where the contract draws the
//! line ("Values" and "The state behind it").

use super::*;
use crate::value::{NameFault, NumberFault, SkillNameFault};

#[test]
fn a_number_has_3_to_16_digits_and_the_plus_does_not_count() {
    for digits in 1..=20 {
        let text = "9".repeat(digits);
        let expected =
            if (3..=16).contains(&digits) { Ok(()) } else { Err(NumberFault::Length { digits }) };
        assert_eq!(PhoneNumber::parse(&text).map(drop), expected, "{text}");
        assert_eq!(PhoneNumber::parse(&format!("+{text}")).map(drop), expected, "+{text}");
    }
}

#[test]
fn a_number_that_is_not_numeric_is_told_before_its_length() {
    for text in
        ["x", "1x", "123456789012345678x", "123+", "1+23", " 123", "123\n", "%2B123", "１２３"]
    {
        assert_eq!(PhoneNumber::parse(text), Err(NumberFault::NotNumeric), "{text:?}");
    }
}

#[test]
fn faults_of_a_number_are_told_in_words() {
    for (text, words) in [
        ("", "empty"),
        ("1a", "not numeric"),
        ("1", "has 1 digit, allowed are 3 to 16"),
        ("+12", "has 2 digits, allowed are 3 to 16"),
    ] {
        assert_eq!(PhoneNumber::parse(text).unwrap_err().to_string(), words);
    }
}

#[test]
fn a_phone_name_has_2_to_50_characters_and_the_plus_counts() {
    for characters in 1..=52 {
        let text = "a".repeat(characters);
        let plus = format!("+{}", "a".repeat(characters - 1));
        let expected = if (2..=50).contains(&characters) {
            Ok(())
        } else {
            Err(NameFault::Length { characters })
        };
        assert_eq!(PhoneName::parse(&text).map(drop), expected, "{text}");
        assert_eq!(PhoneName::parse(&plus).map(drop), expected, "{plus}");
    }
}

#[test]
fn inside_a_phone_name_every_special_character_is_allowed() {
    for text in ["a.b", "a@b", "a_b", "a-b", "a.@_-.b", "+a.b", "+a..b", "1-1", "+1@1"] {
        assert!(PhoneName::parse(text).is_ok(), "{text:?}");
    }
}

#[test]
fn at_its_ends_none_is() {
    for special in ['.', '@', '_', '-'] {
        for (text, fault) in [
            (format!("{special}ab"), NameFault::Start(special)),
            (format!("+{special}ab"), NameFault::Start(special)),
            (format!("ab{special}"), NameFault::End(special)),
            (format!("+ab{special}"), NameFault::End(special)),
            (format!("{special}{special}"), NameFault::Start(special)),
            (format!("+{special}"), NameFault::Start(special)),
        ] {
            assert_eq!(PhoneName::parse(&text), Err(fault), "{text:?}");
        }
    }
}

#[test]
fn a_phone_name_has_one_plus_and_only_in_front() {
    for (text, at) in [("++", 2), ("++a", 2), ("a+", 2), ("+a+", 3), ("ab+cd", 3)] {
        let fault = NameFault::Character { character: '+', at };
        assert_eq!(PhoneName::parse(text), Err(fault), "{text:?}");
    }
}

#[test]
fn other_characters_are_told_with_their_place() {
    for (text, character, at) in [
        ("Ravi K", ' ', 5),
        (" Ravi", ' ', 1),
        ("Ravi\0", '\0', 5),
        ("Ra,vi", ',', 3),
        ("éa", 'é', 1),
        ("a\u{301}b", '\u{301}', 2),
        ("a１", '１', 2),
        ("👍👍", '👍', 1),
    ] {
        let fault = NameFault::Character { character, at };
        assert_eq!(PhoneName::parse(text), Err(fault), "{text:?}");
    }
    // Characters are counted, not bytes.
    assert_eq!(PhoneName::parse(&"é".repeat(51)), Err(NameFault::Length { characters: 51 }));
}

#[test]
fn faults_of_a_phone_name_are_printable_ascii() {
    for (text, words) in [
        ("a", "has 1 character, allowed are 2 to 50"),
        ("a\n", r#""\n" at character 2 is not allowed"#),
        ("aé", r#""\u{e9}" at character 2 is not allowed"#),
        ("a\"", r#""\"" at character 2 is not allowed"#),
        ("-a", r#"starts with "-", a letter or digit is required"#),
        ("a-", r#"ends with "-", a letter or digit is required"#),
    ] {
        assert_eq!(PhoneName::parse(text).unwrap_err().to_string(), words);
    }
}

#[test]
fn a_phone_name_keeps_its_case_and_folds_to_one_form() {
    let (upper, lower) = (notation::name("+RAVI.K"), notation::name("+ravi.k"));
    assert_ne!(upper, lower);
    assert_eq!(upper.folded(), lower.folded());
    assert_eq!((upper.as_str(), upper.to_string().as_str()), ("+RAVI.K", "+RAVI.K"));
    assert!(upper.matches("+rAvI.k") && !upper.matches("+ravi.\u{212a}"));
}

#[test]
fn a_skill_name_may_have_what_a_list_can_carry() {
    for text in ["x", "QA", "QA (night)", "a  b", "1;2", "Überweisung", "अ", "👍", "\"q\"", "a:b"]
    {
        let name = SkillName::parse(text).unwrap();
        assert_eq!(name.as_str(), text);
        let list = format!(" {text} ,{text}");
        assert_eq!(SkillName::split_list(&list).collect::<Vec<_>>(), [text, text]);
    }
}

#[test]
fn a_skill_name_is_refused_with_its_fault() {
    for (text, fault) in [
        (" ", SkillNameFault::Space),
        ("a ", SkillNameFault::Space),
        ("\ta", SkillNameFault::Space),
        ("a\n", SkillNameFault::Space),
        ("\u{a0}a", SkillNameFault::Space),
        ("a\u{3000}", SkillNameFault::Space),
        (",", SkillNameFault::Character(',')),
        ("a,", SkillNameFault::Character(',')),
        ("a\nb", SkillNameFault::Character('\n')),
        ("a\0", SkillNameFault::Character('\0')),
        ("a\u{7f}b", SkillNameFault::Character('\u{7f}')),
        ("a\u{85}b", SkillNameFault::Character('\u{85}')),
    ] {
        assert_eq!(SkillName::parse(text), Err(fault), "{text:?}");
    }
}

#[test]
fn an_empty_list_names_no_skill() {
    for list in ["", " ", ",", " , ,\t,"] {
        assert_eq!(SkillName::split_list(list).count(), 0, "{list:?}");
    }
}
