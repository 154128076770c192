//! The list in an answer, written into one buffer: entries are whole, and no more than the PBX takes.

use directory::routing::Template;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but letters, digits and what Asterisk leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// What a PBX takes at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub entries: usize,
    /// Bytes of the whole text.
    pub bytes: usize,
}

impl Limits {
    /// As much as there is.
    pub const NONE: Self = Self { entries: usize::MAX, bytes: usize::MAX };
}

/// A list that is being written.
#[derive(Debug)]
pub struct List {
    /// What is written.
    pub text: String,
    /// Entries that are in it.
    pub shown: usize,
    /// Entries that there are.
    pub of: usize,
    limits: Limits,
}

impl List {
    /// A list of so many entries, each of about that many bytes.
    pub(super) fn new(head: &str, of: usize, limits: Limits, entry_bytes: usize) -> Self {
        let bytes = of.min(limits.entries) * entry_bytes;
        let mut text = String::with_capacity(512 + bytes.min(limits.bytes));
        text.push_str(head);
        Self { text, shown: 0, of, limits }
    }

    /// Writes entries with a separator between them, until one does not fit.
    pub(super) fn fill<T>(
        &mut self,
        separator: &str,
        entries: impl IntoIterator<Item = T>,
        write: impl Fn(&mut String, T),
    ) {
        for entry in entries.into_iter().take(self.limits.entries) {
            let end = self.text.len();
            if self.shown > 0 {
                self.text.push_str(separator);
            }
            write(&mut self.text, entry);
            if self.text.len() > self.limits.bytes {
                self.text.truncate(end);
                break;
            }
            self.shown += 1;
        }
    }
}

/// How phones are addressed, in the language of the answer.
pub struct Addresses {
    /// What is before the number.
    pub before: String,
    /// What is after it.
    pub after: String,
}

impl Addresses {
    /// By a template, which is escaped once for all phones.
    pub fn by(template: &Template, escape: fn(&mut String, &str)) -> Self {
        let [before, after] = template.parts().map(|part| {
            let mut escaped = String::with_capacity(2 * part.len());
            escape(&mut escaped, part);
            escaped
        });
        Self { before, after }
    }

    /// Appends the address of a number.
    pub fn push(&self, text: &mut String, number: &str) {
        text.push_str(&self.before);
        text.push_str(number);
        text.push_str(&self.after);
    }
}

/// Appends a text percent-encoded as Asterisk does.
pub fn push_encoded(text: &mut String, value: &str) {
    text.extend(utf8_percent_encode(value, ENCODED));
}

/// Appends a text as the content of an XML element or attribute.
pub fn push_xml(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            // XML has no control characters.
            _ => text.push(if character.is_control() { ' ' } else { character }),
        }
    }
}

/// Appends a number in decimal digits.
pub fn push_number(text: &mut String, number: impl itoa::Integer) {
    text.push_str(itoa::Buffer::new().format(number));
}
