//! Phone numbers, packed into eight bytes.

use std::fmt;
use std::num::NonZeroU64;

use super::PhoneId;
use crate::limits::{PHONE_NUMBER_DIGITS_MAX, PHONE_NUMBER_DIGITS_MIN};

/// What stands in place of a number that was erased.
const ERASED: &[u8] = b"erased";

/// A phone number as it was written: 3 to 16 digits with an optional leading `+`.
///
/// `+919876543210` and `919876543210` are two numbers, and so are `0123` and `123`
/// (contract, "The state behind it"). Sixteen digits need 54 bits, their count 5 and the `+` one,
/// so a number is a machine word: compared and hashed as one, and 8 bytes in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhoneNumber(NonZeroU64);

/// Why a text is not a valid phone number, in the order of the checks of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of a fault says what its values are")]
pub enum NumberFault {
    /// The text is empty.
    #[error("empty")]
    Empty,
    /// Something other than digits, or other than one `+` before them: the first such character, and its
    /// position, counted from 1.
    #[error("not numeric: \"{}\" at character {at}", character.escape_default())]
    NotNumeric { character: char, at: usize },
    /// Too few or too many digits.
    #[error("has {digits} digit{}, allowed are 3 to 16", if *digits == 1 { "" } else { "s" })]
    Length { digits: usize },
}

impl NumberFault {
    /// Of a text that is not digits with an optional leading `+`, nor empty.
    fn not_numeric(text: &str) -> Self {
        let mut characters = (1..).zip(text.chars());
        let is_wrong = |(at, character): &(usize, char)| {
            !character.is_ascii_digit() && (*character != '+' || *at > 1)
        };
        // A lone `+` lacks the digits.
        let (at, character) = characters.find(is_wrong).unwrap_or((1, '+'));
        Self::NotNumeric { character, at }
    }
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
            return Err(NumberFault::not_numeric(text));
        }
        let count = digits.len();
        if !(PHONE_NUMBER_DIGITS_MIN..=PHONE_NUMBER_DIGITS_MAX).contains(&count) {
            return Err(NumberFault::Length { digits: count });
        }
        let value = digits.iter().fold(0_u64, |value, digit| value * 10 + u64::from(digit - b'0'));
        let packed = value << 6 | (count as u64) << 1 | u64::from(has_plus);
        Ok(Self(NonZeroU64::new(packed).expect("the count of digits is at least 3")))
    }

    /// The mark in place of the numbers of a phone whose values were erased: `erased`. No text parses as
    /// it, and each phone has its own, as numbers are unique.
    pub fn erased(id: PhoneId) -> Self {
        Self(NonZeroU64::MIN | u64::from(id.0) << 6)
    }

    /// Whether it is such a mark: a number without a digit.
    pub fn is_erased(self) -> bool {
        self.parts().1 == 0
    }

    /// Its digits as a number, their count, and whether there is a plus; of a mark, the phone's id and 0.
    fn parts(self) -> (u64, usize, bool) {
        let packed = self.0.get();
        let count = usize::try_from(packed >> 1 & 0x1f).expect("five bits");
        (packed >> 6, count, packed & 1 == 1)
    }

    /// The number with a `+` before it; none if it has one.
    pub fn with_plus(self) -> Option<Self> {
        Self::parse(&format!("+{self}")).ok()
    }

    /// Whether it is what a spreadsheet leaves of `whole`: all but a `+` and zeros before it.
    pub fn is_rest_of(self, whole: Self) -> bool {
        let (rest, whole) = (self.text(), whole.text());
        let left = whole.as_str().trim_start_matches(['+', '0']);
        left.len() < whole.as_str().len() && left == rest.as_str()
    }

    /// Orders numbers as their text does, bytewise: `+…` first, then digit by digit, and a number
    /// before those that it is the begin of.
    pub(crate) fn sort_key(self) -> u64 {
        let (value, count, has_plus) = self.parts();
        if count == 0 {
            return 1 << 60 | value;
        }
        // From the first digit on, as if there were 16.
        let aligned = (count..PHONE_NUMBER_DIGITS_MAX).fold(value, |value, _| value * 10);
        u64::from(!has_plus) << 59 | aligned << 5 | count as u64
    }

    /// The number as it was written, in a buffer without an allocation.
    pub fn text(self) -> NumberText {
        let (value, count, has_plus) = self.parts();
        if count == 0 {
            let mut bytes = [b'0'; NUMBER_TEXT_BYTES];
            bytes[..ERASED.len()].copy_from_slice(ERASED);
            return NumberText { bytes, end: ERASED.len() };
        }
        let end = count + usize::from(has_plus);
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(value).as_bytes();
        // The bytes between the plus and the digits remain zeros: the leading zeros of the number.
        let mut bytes = [b'0'; NUMBER_TEXT_BYTES];
        if has_plus {
            bytes[0] = b'+';
        }
        bytes[end - digits.len()..end].copy_from_slice(digits);
        NumberText { bytes, end }
    }
}

/// More than a number has: that so many are ASCII is seen at once, and not one by one.
const NUMBER_TEXT_BYTES: usize = 32;

/// The characters of a [`PhoneNumber`].
pub struct NumberText {
    bytes: [u8; NUMBER_TEXT_BYTES],
    end: usize,
}

impl NumberText {
    /// The characters as a string slice.
    pub fn as_str(&self) -> &str {
        &std::str::from_utf8(&self.bytes).expect("it is ASCII")[..self.end]
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

/// Orders numbers as their text does, bytewise.
impl Ord for PhoneNumber {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.sort_key().cmp(&other.sort_key())
    }
}

impl PartialOrd for PhoneNumber {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
