//! Phone numbers that a spreadsheet has damaged, with an explanation of what happened.

use directory::PhoneNumber;
use directory::limits::PHONE_NUMBER_DIGITS_MAX;

/// Parses a number, or says why it is invalid.
pub fn parse(text: &str) -> Result<PhoneNumber, String> {
    PhoneNumber::parse(text).map_err(|fault| match explain_damage(text) {
        Some(explanation) => explanation,
        None => fault.to_string(),
    })
}

/// Explains what is wrong if a text looks like a number that a spreadsheet changed or that a person
/// wrote with blanks and signs.
pub fn explain_damage(text: &str) -> Option<String> {
    if is_shortened(text) {
        return Some(
            "a spreadsheet has shortened the number and its last digits are lost: format the \
             column as text, enter the numbers again, and export the file again"
                .into(),
        );
    }
    if is_decimal(text) {
        return Some(
            "a spreadsheet has made a decimal of the number, and a + or zeros before it may be \
             lost: format the column as text, enter the numbers again, and export the file again"
                .into(),
        );
    }
    let bare: String = text.chars().filter(|character| !is_filler(*character)).collect();
    (bare != text && PhoneNumber::parse(&bare).is_ok())
        .then(|| format!("not numeric: write it without blanks and signs, {bare}"))
}

/// What is wrong with a number that [may have lost digits](may_have_lost_digits).
pub const LOST_DIGITS: &str = "a spreadsheet keeps 15 digits and makes the others 0: enter the number \
                               again or, if it is right, write it with an apostrophe before it";

/// Whether it has 16 digits and ends in 0, as a spreadsheet leaves numbers of 16 digits.
pub fn may_have_lost_digits(text: &str) -> bool {
    text.len() == PHONE_NUMBER_DIGITS_MAX
        && is_digits(text)
        && text.ends_with('0')
        // It would have lost this too.
        && !text.starts_with('0')
}

/// Like `9.19877E+11`.
fn is_shortened(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    is_digits(exponent) && (is_digits(mantissa) || is_decimal(mantissa))
}

/// Like `919876543210.0`.
fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    text.split_once(['.', ',']).is_some_and(|(whole, part)| is_digits(whole) && is_digits(part))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_filler(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '(' | ')' | '/' | '.' | '\u{2010}'..='\u{2015}')
}
