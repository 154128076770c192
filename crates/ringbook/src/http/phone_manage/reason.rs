//! The header `Ringbook-Reason`: one line of printable ASCII.

use axum::http::HeaderValue;

use crate::http::limits::REASON_BYTES_MAX;

/// An untrusted text in double quotes, escaped.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// An untrusted text, escaped: no more of it than a reason has.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        escaped.extend(character.escape_default());
        if escaped.len() >= REASON_BYTES_MAX {
            break;
        }
    }
    escaped
}

/// The value of the header. Escapes everything but printable ASCII, although untrusted text is
/// escaped already: no reason may allow response splitting.
pub fn header(reason: &str) -> HeaderValue {
    let mut line = String::with_capacity(reason.len());
    for character in reason.chars() {
        match character {
            ' '..='~' => line.push(character),
            _ => line.extend(character.escape_default()),
        }
        if line.len() >= REASON_BYTES_MAX {
            line.truncate(REASON_BYTES_MAX - 3);
            line.push_str("...");
            break;
        }
    }
    HeaderValue::from_str(&line).expect("printable ASCII is a header's value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_one_short_line_of_printable_ascii() {
        assert_eq!(header("phoneName: é\n").to_str().unwrap(), r"phoneName: \u{e9}\n");
        let long = header(&"é".repeat(10_000));
        assert_eq!(long.len(), REASON_BYTES_MAX);
        assert!(long.to_str().unwrap().ends_with("..."));
    }
}
