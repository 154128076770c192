//! Phone numbers, packed into eight bytes.

use std::fmt;
use std::num::NonZeroU64;

use crate::limits::{PHONE_NUMBER_DIGITS_MAX, PHONE_NUMBER_DIGITS_MIN};

/// A phone number as it was written: 3 to 16 digits with an optional leading `+`.
///
/// `+919876543210` and `919876543210` are two numbers, and so are `0123` and `123`
/// (contract, "The state behind it"). Sixteen digits need 54 bits, their count 5 and the `+` one,
/// so a number is a machine word: compared and hashed as one, and 8 bytes in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhoneNumber(NonZeroU64);

/// Why a text is no phone number, in the order in which the contract checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// There is nothing.
    #[error("empty")]
    Empty,
    /// Something other than digits, or other than one `+` before them.
    #[error("not numeric")]
    NotNumeric,
    /// Too few or too many digits.
    #[error("has {digits} digit{}, allowed are 3 to 16", if *digits == 1 { "" } else { "s" })]
    Length {
        /// How many digits there were.
        digits: usize,
    },
}

impl PhoneNumber {
    /// Parses digits with an optional leading `+`.
    pub fn parse(text: &str) -> Result<Self, NumberFault> {
        let digits = text.strip_prefix('+').unwrap_or(text).as_bytes();
        let has_plus = digits.len() != text.len();
        if text.is_empty() {
            return Err(NumberFault::Empty);
        }
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(NumberFault::NotNumeric);
        }
        let count = digits.len();
        if !(PHONE_NUMBER_DIGITS_MIN..=PHONE_NUMBER_DIGITS_MAX).contains(&count) {
            return Err(NumberFault::Length { digits: count });
        }
        let value = digits.iter().fold(0_u64, |value, digit| value * 10 + u64::from(digit - b'0'));
        let packed = value << 6 | (count as u64) << 1 | u64::from(has_plus);
        Ok(Self(NonZeroU64::new(packed).expect("the count of digits is at least 3")))
    }

    /// The number as it was written, in a buffer without an allocation.
    pub fn text(self) -> NumberText {
        let packed = self.0.get();
        let count = usize::try_from(packed >> 1 & 0x1f).expect("five bits");
        let has_plus = packed & 1 == 1;
        let end = count + usize::from(has_plus);
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(packed >> 6).as_bytes();
        // What is left between the plus and the digits are the zeros that a number may begin with.
        let mut bytes = [b'0'; PHONE_NUMBER_DIGITS_MAX + 1];
        if has_plus {
            bytes[0] = b'+';
        }
        bytes[end - digits.len()..end].copy_from_slice(digits);
        NumberText { bytes, end }
    }
}

/// The characters of a [`PhoneNumber`].
pub struct NumberText {
    bytes: [u8; PHONE_NUMBER_DIGITS_MAX + 1],
    end: usize,
}

impl NumberText {
    /// The characters as a string slice.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.end]).expect("digits and a plus are ASCII")
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text().as_str())
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({self})")
    }
}

/// Orders numbers as their text does, bytewise: `+…` first, then digit by digit.
impl Ord for PhoneNumber {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text().as_str().cmp(other.text().as_str())
    }
}

impl PartialOrd for PhoneNumber {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parses_what_the_contract_allows() {
        for text in ["123", "+123", "000", "+0000000000000000", "9999999999999999", "0123"] {
            assert_eq!(PhoneNumber::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_with_the_first_fault() {
        for (text, fault) in [
            ("", NumberFault::Empty),
            ("+", NumberFault::NotNumeric),
            ("++123", NumberFault::NotNumeric),
            ("12a", NumberFault::NotNumeric),
            ("12 3", NumberFault::NotNumeric),
            ("-12", NumberFault::NotNumeric),
            ("१२३", NumberFault::NotNumeric),
            ("12", NumberFault::Length { digits: 2 }),
            ("+12", NumberFault::Length { digits: 2 }),
            ("12345678901234567", NumberFault::Length { digits: 17 }),
        ] {
            assert_eq!(PhoneNumber::parse(text), Err(fault), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_valid_number_survives_packing(text in "\\+?[0-9]{3,16}") {
            prop_assert_eq!(PhoneNumber::parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn numbers_are_equal_and_ordered_as_their_texts(a in "\\+?[0-9]{3,5}", b in "\\+?[0-9]{3,5}") {
            let (x, y) = (PhoneNumber::parse(&a).unwrap(), PhoneNumber::parse(&b).unwrap());
            prop_assert_eq!(x == y, a == b);
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = PhoneNumber::parse(&text);
        }
    }
}
