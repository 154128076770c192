//! What is a phone number, a name, a skill, a userName, a key, and why another text is none
//! (contract, "Fields").

use directory::limits::QUOTED_CHARACTERS_MAX;
use directory::value::{ApiKey, KeyName, KeyScope, NameFault, NumberFault, SkillNameFault};
use directory::{
    Assignment, Escaped, KeyId, PhoneId, PhoneName, PhoneNumber, SkillId, SkillName, SkillSet,
    UserName,
};
use proptest::prelude::*;

#[test]
fn marks_of_erased_phones_differ_parse_from_no_text_and_come_last() {
    let ids = [1, 2, u32::MAX].map(PhoneId);
    let last = PhoneNumber::parse("9999999999999999").unwrap();
    let numbers = ids.map(PhoneNumber::erased);
    assert!(!last.is_erased() && last < numbers[0] && numbers.is_sorted_by(|a, b| a < b));
    for (number, id) in numbers.into_iter().zip(ids) {
        let name = PhoneName::erased(id);
        assert!(number.is_erased() && name.is_erased());
        assert_eq!(
            (number.to_string(), name.to_string()),
            ("erased".into(), format!("erased {id}"))
        );
        assert!(PhoneName::parse(name.as_str()).is_err());
    }
    assert!(PhoneNumber::parse("erased").is_err());
}

mod number {
    use super::*;

    #[test]
    fn accepts_3_to_16_digits_not_counting_the_plus() {
        for digits in 1..=20 {
            let text = "0".repeat(digits);
            let expected = (3..=16).contains(&digits);
            let expected = if expected { Ok(()) } else { Err(NumberFault::Length { digits }) };
            assert_eq!(PhoneNumber::parse(&text).map(drop), expected, "{text}");
            assert_eq!(PhoneNumber::parse(&format!("+{text}")).map(drop), expected, "+{text}");
        }
    }

    #[test]
    fn rejects_empty_then_not_numeric_then_length() {
        assert_eq!(PhoneNumber::parse(""), Err(NumberFault::Empty));
        for text in [
            "+",
            "++123",
            "123+",
            "1+23",
            "x",
            "123456789012345678x",
            "12 3",
            " 123",
            "123\n",
            "-12",
            "%2B123",
            "१२३",
            "１２３",
        ] {
            let fault = PhoneNumber::parse(text).unwrap_err();
            assert!(matches!(fault, NumberFault::NotNumeric { .. }), "{text:?}: {fault}");
        }
    }

    #[test]
    fn describes_faults() {
        for (text, words) in [
            ("", "empty"),
            ("1a", r#"not numeric: "a" at character 2"#),
            ("+", r#"not numeric: "+" at character 1"#),
            ("++911", r#"not numeric: "+" at character 2"#),
            ("+91\u{200b}98", r#"not numeric: "\u{200b}" at character 4"#),
            ("91 98\u{200b}", r#"not numeric: " " at character 3"#),
            ("1", "has 1 digit, allowed are 3 to 16"),
            ("+12", "has 2 digits, allowed are 3 to 16"),
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap_err().to_string(), words);
        }
    }

    proptest! {
        #[test]
        fn valid_numbers_keep_their_text(text in "\\+?[0-9]{3,16}") {
            prop_assert_eq!(PhoneNumber::parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn compares_like_text(a in "\\+?[09]{3,5}|\\+?[0-9]{3,16}", b in "\\+?[09]{3,5}|\\+?[0-9]{3,16}") {
            let (x, y) = (PhoneNumber::parse(&a).unwrap(), PhoneNumber::parse(&b).unwrap());
            prop_assert_eq!(x == y, a == b);
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }

        #[test]
        fn never_panics(text in ".*") {
            let _ = PhoneNumber::parse(&text);
        }
    }
}

mod phone_name {
    use super::*;

    #[test]
    fn accepts_2_to_50_characters_counting_the_plus() {
        for characters in 1..=52 {
            let text = "a".repeat(characters);
            let plus = format!("+{}", "a".repeat(characters - 1));
            let expected = (2..=50).contains(&characters);
            let expected = if expected { Ok(()) } else { Err(NameFault::Length { characters }) };
            assert_eq!(PhoneName::parse(&text).map(drop), expected, "{text}");
            assert_eq!(PhoneName::parse(&plus).map(drop), expected, "{plus}");
        }
        // Characters are counted, not bytes.
        let fault = NameFault::Length { characters: 51 };
        assert_eq!(PhoneName::parse(&"é".repeat(51)), Err(fault));
    }

    #[test]
    fn accepts_special_characters_inside_but_not_at_the_ends() {
        for text in ["a.b", "a@b", "a_b", "a-b", "a.@_-.b", "+a..b", "1-1", "+1@1", "42"] {
            assert!(PhoneName::parse(text).is_ok(), "{text:?}");
        }
        for special in ['.', '@', '_', '-'] {
            for (text, fault) in [
                (format!("{special}ab"), NameFault::Start(special)),
                (format!("+{special}ab"), NameFault::Start(special)),
                (format!("{special}{special}"), NameFault::Start(special)),
                (format!("+{special}"), NameFault::Start(special)),
                (format!("ab{special}"), NameFault::End(special)),
                (format!("+ab{special}"), NameFault::End(special)),
            ] {
                assert_eq!(PhoneName::parse(&text), Err(fault), "{text:?}");
            }
        }
    }

    #[test]
    fn rejects_other_characters_with_their_position() {
        assert_eq!(PhoneName::parse(""), Err(NameFault::Empty));
        for (text, character, at) in [
            ("++", '+', 2),
            ("++a", '+', 2),
            ("a+", '+', 2),
            ("ab+cd", '+', 3),
            ("Ravi K", ' ', 5),
            (" Ravi", ' ', 1),
            ("ab\n", '\n', 3),
            ("Ra,vi", ',', 3),
            ("éa", 'é', 1),
            ("a\u{301}b", '\u{301}', 2),
            ("a１", '１', 2),
            ("👍👍", '👍', 1),
        ] {
            let fault = NameFault::Character { character, at };
            assert_eq!(PhoneName::parse(text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn describes_faults_in_printable_ascii() {
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
    fn matches_and_folds_in_any_ascii_case() {
        let (upper, lower) = (PhoneName::parse("+RAVI.K"), PhoneName::parse("+ravi.k"));
        let (upper, lower) = (upper.unwrap(), lower.unwrap());
        assert_ne!(upper, lower);
        assert_eq!(upper.folded(), lower.folded());
        assert!(upper.matches("+rAvI.k") && !upper.matches("ravi.k"));
        // U+212A is the Kelvin sign, whose lower case is k.
        assert!(!upper.matches("+ravi.\u{212a}"));
    }

    proptest! {
        #[test]
        fn valid_names_keep_their_text(text in ".{0,60}") {
            if let Ok(name) = PhoneName::parse(&text) {
                prop_assert_eq!(name.as_str(), text);
            }
        }
    }
}

mod skill_name {
    use super::*;

    #[test]
    fn accepts_1_to_64_characters_that_a_list_can_carry() {
        let longest = "é".repeat(64);
        for text in [
            "x",
            "QA_Skill",
            "QA (night)",
            "a  b",
            "1;2",
            "Überweisung",
            "अ",
            "👍",
            // Joiners: Malayalam, Persian, a family.
            "അവന്\u{200d}റെ",
            "می\u{200c}خواهم",
            "👩\u{200d}👧",
            "a\u{a0}b",
            "\"q\"",
            &longest,
        ] {
            assert_eq!(SkillName::parse(text).unwrap().as_str(), text);
            let list = format!(" {text} ,{text}");
            assert_eq!(SkillName::split_list(&list).collect::<Vec<_>>(), [text, text]);
        }
    }

    #[test]
    fn rejects_others_with_the_fault() {
        let too_long = "é".repeat(65);
        for (text, fault) in [
            ("", SkillNameFault::Empty),
            (&too_long, SkillNameFault::Length(65)),
            (" ", SkillNameFault::Space),
            (" a", SkillNameFault::Space),
            ("a\n", SkillNameFault::Space),
            ("\u{a0}a", SkillNameFault::Space),
            ("a\u{3000}", SkillNameFault::Space),
            (",", SkillNameFault::Comma),
            ("a,b", SkillNameFault::Comma),
            ("a\tb", SkillNameFault::Invisible('\t')),
            ("a\0", SkillNameFault::Invisible('\0')),
            ("a\u{7f}b", SkillNameFault::Invisible('\u{7f}')),
            ("a\u{85}b", SkillNameFault::Invisible('\u{85}')),
        ] {
            assert_eq!(SkillName::parse(text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn rejects_names_that_no_path_can_have() {
        for text in [".", "..", "s1", "s007", "s99999999999"] {
            assert_eq!(SkillName::parse(text), Err(SkillNameFault::Reserved), "{text}");
        }
        for text in ["...", "s", "S1", "s1a", "s-1", "s 1", "Sales"] {
            assert!(SkillName::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn rejects_invisible_characters() {
        for text in [
            "\u{3164}",
            "QA\u{200b}",
            "\u{200c}QA",
            "QA\u{200d}",
            "Q\u{200d}\u{200d}A",
            "Q\u{200c} A",
        ] {
            let fault = SkillName::parse(text).unwrap_err();
            assert!(matches!(fault, SkillNameFault::Invisible(_)), "{text:?}: {fault}");
        }
        let others = "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180e}\u{200e}\u{2028}\u{202e}\u{2060}\u{2069}\u{2800}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{1d173}\u{e0041}";
        for other in others.chars() {
            let fault = SkillName::parse(&format!("Q{other}A")).unwrap_err();
            assert_eq!(fault, SkillNameFault::Invisible(other));
        }
    }

    #[test]
    fn split_list_drops_spaces_and_empty_items() {
        let names: Vec<_> = SkillName::split_list(" General ,,QA_Skill, ,").collect();
        assert_eq!(names, ["General", "QA_Skill"]);
        for list in ["", " ", ",", " , ,\t,"] {
            assert_eq!(SkillName::split_list(list).count(), 0, "{list:?}");
        }
    }
}

mod user_name {
    use super::*;

    #[test]
    fn parses_valid_names_and_rejects_others() {
        for text in ["a", "demo", "a.b_c-d@e9", &"x".repeat(64)] {
            assert!(UserName::parse(text).is_ok(), "{text:?}");
        }
        for text in ["", "a b", "é", "a/b", &"x".repeat(65)] {
            assert!(UserName::parse(text).is_err(), "{text:?}");
        }
    }
}

mod api_key {
    use super::*;

    #[test]
    fn a_scope_allows_itself_and_narrower_scopes() {
        let allowed = KeyScope::ALL.map(|scope| KeyScope::ALL.map(|needed| scope.allows(needed)));
        assert_eq!(allowed, [[true, true, true], [false, true, true], [false, false, true]]);
        for scope in KeyScope::ALL {
            assert_eq!(KeyScope::parse(scope.as_str()), Some(scope));
        }
        assert_eq!(KeyScope::parse("FULL"), None);
    }

    #[test]
    fn parses_valid_names_and_rejects_others() {
        for text in ["k", "Kamailio, rack 2", &"é".repeat(64)] {
            assert!(KeyName::parse(text).is_ok(), "{text}");
        }
        for text in ["", " a", "a ", "a\nb", &"é".repeat(65)] {
            assert!(KeyName::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn is_valid_before_expiry_only() {
        let name = KeyName::parse("PBX").unwrap();
        let scope = KeyScope::Routing;
        let key = |expires_us| ApiKey {
            id: KeyId(2),
            name: name.clone(),
            scope,
            sha256: [1; 32],
            created_us: 0,
            expires_us,
        };
        assert!(key(None).is_valid(i64::MAX));
        assert!(key(Some(10)).is_valid(9) && !key(Some(10)).is_valid(10));
    }
}

mod id {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_no_other_text() {
        assert_eq!((PhoneId(17).to_string().as_str(), "p17".parse()), ("p17", Ok(PhoneId(17))));
        assert_eq!((KeyId::MAIN.to_string().as_str(), "k0".parse()), ("k0", Ok(KeyId::MAIN)));
        for other in ["", "s", "17", "p17", "S17", "s+17", "s017", "s00", "s4294967296", "s1 "] {
            let fault = other.parse::<SkillId>().unwrap_err();
            assert_eq!(fault, "must be the id of a skill, like s17", "{other}");
        }
    }
}

mod skills_of_a_phone {
    use super::*;

    #[test]
    fn assignment_packs_skill_and_position() {
        let assignment = Assignment::new(SkillId(9_999), 12_345_678_901);
        assert_eq!((assignment.skill(), assignment.position()), (SkillId(9_999), 12_345_678_901));
        assert_eq!(Assignment::new(SkillId(1), u64::MAX).position(), Assignment::POSITION_MAX);
    }

    #[test]
    fn skill_set_is_sorted_without_duplicates() {
        let set: SkillSet = [(2, 5), (1, 7), (2, 9)]
            .map(|(id, at)| Assignment::new(SkillId(id), at))
            .into_iter()
            .collect();
        assert_eq!(set.len(), 2);
        assert_eq!(set.get(SkillId(2)).unwrap().position(), 5);
        assert!(!set.contains(SkillId(3)));
    }
}

mod escaped {
    use super::*;

    #[test]
    fn escapes_what_cannot_be_seen_and_nothing_else() {
        for (text, expected) in [
            ("x\nringbook: 5 rows imported", r"x\nringbook: 5 rows imported"),
            ("\r\t\0", r"\r\t\u{0}"),
            ("\u{1b}]0;pwned\u{7}", r"\u{1b}]0;pwned\u{7}"),
            ("\u{9b}31m", r"\u{9b}31m"),
            ("a\u{202e}b\u{2028}c\u{2069}", r"a\u{202e}b\u{2028}c\u{2069}"),
            ("Sales\u{200b}\u{a0}\u{feff}", r"Sales\u{200b}\u{a0}\u{feff}"),
        ] {
            assert_eq!(Escaped(text).to_string(), expected);
        }
        for text in [
            "",
            "QA_Skill",
            "O'Brien \"Bob\" \\",
            "हिन्दी",
            "Größe",
            "客服",
            "नई दिल्ली 📞",
            "❤️",
            "می‌خواهم",
        ] {
            assert_eq!(Escaped(text).to_string(), text);
        }
    }

    #[test]
    fn shortens_long_text() {
        let longest = "é".repeat(QUOTED_CHARACTERS_MAX);
        assert_eq!(Escaped(&longest).to_string(), longest);
        assert_eq!(Escaped(&format!("{longest}é")).to_string(), format!("{longest}..."));
    }
}
