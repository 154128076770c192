//! What a PBX asks.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Parameters. Those that nobody reads are passed over, as PBXs send what they like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The query of the URL.
    pub query: &'a str,
    /// The form in the body.
    pub form: &'a str,
}

impl<'a> Asked<'a> {
    /// The first value of that name, in the query or else in the form, decoded once. A `+` is a plus:
    /// no PBX writes a space so.
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        let pairs = [self.query, self.form].into_iter().flat_map(|text| text.split('&'));
        let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
        let is_name = |given: &str| given == name || given.contains('%') && decoded(given) == name;
        pairs.find(|(given, _)| is_name(given)).map(|(_, value)| decoded(value))
    }
}

/// A percent-encoded text. What is no UTF-8 becomes a character that nothing is named with.
pub fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}
