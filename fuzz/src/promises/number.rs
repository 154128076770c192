//! A phone number.

use directory::PhoneNumber;
use directory::value::NumberFault;

/// One line is one number. Of two lines, each is a number, and the two are compared.
pub fn check(text: &str) {
    let (first, second) = text.split_once('\n').unwrap_or((text, text));
    if let (Some(one), Some(other)) = (parse(first), parse(second)) {
        assert_eq!(one == other, first == second);
        assert_eq!(one.cmp(&other), first.cmp(second));
    }
}

/// Parses, and compares the result with the rule in the contract.
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
                NumberFault::NotNumeric { .. } => {
                    assert!(!text.is_empty() && !is_numeric, "{text:?}")
                }
                NumberFault::Length { digits: count } => {
                    assert_eq!(count, digits.len());
                    assert!(is_numeric && !(3..=16).contains(&count), "{text:?}");
                }
            }
            None
        }
    }
}
