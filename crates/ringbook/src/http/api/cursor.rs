//! Cursors: where the next page of a list begins, as text that nobody needs to read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::PhoneId;

use super::code::Code;
use super::problem::Problem;
use crate::service::{PhoneSort, SortKey};

/// A place in a list that is sorted so.
pub fn write(sort: PhoneSort, key: &SortKey) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}{}:{}", letter(sort), key.1.0, key.0))
}

/// The place that a cursor names.
pub fn read(sort: PhoneSort, cursor: &str) -> Result<SortKey, Problem> {
    let fault = |detail: &str| Problem::new(Code::InvalidCursor, detail);
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(|| fault("the cursor cannot be read"))?;
    let Some(rest) = text.strip_prefix(letter(sort)) else {
        return Err(fault("the cursor is of a list that is sorted otherwise"));
    };
    let place = rest
        .split_once(':')
        .and_then(|(id, key)| Some(SortKey(key.to_owned(), PhoneId(id.parse().ok()?))));
    place.ok_or_else(|| fault("the cursor cannot be read"))
}

fn letter(sort: PhoneSort) -> char {
    match sort {
        PhoneSort::Created => 'c',
        PhoneSort::Number => 'n',
        PhoneSort::Name => 'a',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_again_for_the_same_order_alone() {
        let key = SortKey("ravi:2".into(), PhoneId(17));
        let cursor = write(PhoneSort::Name, &key);
        assert_eq!(read(PhoneSort::Name, &cursor), Ok(key));
        assert!(read(PhoneSort::Number, &cursor).is_err());
        for bad in ["", "***", "YQ", "bjE3"] {
            assert!(read(PhoneSort::Name, bad).is_err(), "{bad}");
        }
    }
}
