//! A phone number: any text. Two lines are two numbers that are compared.

#![no_main]

use directory::PhoneNumber;
use directory::value::NumberFault;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\n').unwrap_or((text, text));
    if let (Some(one), Some(other)) = (parse(first), parse(second)) {
        assert_eq!(one == other, first == second);
        assert_eq!(one.cmp(&other), first.cmp(second));
    }
});

/// Parses, and holds the outcome against the words of the contract.
fn parse(text: &str) -> Option<PhoneNumber> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let is_numeric = !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit());
    match PhoneNumber::parse(text) {
        Ok(number) => {
            assert!(is_numeric && (3..=16).contains(&digits.len()), "{text:?}");
            assert_eq!(number.to_string(), text);
            assert_eq!(number.text().as_str(), text);
            Some(number)
        }
        Err(fault) => {
            match fault {
                NumberFault::Empty => assert!(text.is_empty()),
                NumberFault::NotNumeric => assert!(!text.is_empty() && !is_numeric, "{text:?}"),
                NumberFault::Length { digits: count } => {
                    assert_eq!(count, digits.len());
                    assert!(is_numeric && !(3..=16).contains(&count), "{text:?}");
                }
            }
            None
        }
    }
}
