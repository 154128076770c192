//! The list in an answer, written into one buffer: entries are whole, and no more than the PBX takes.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but what Asterisk leaves as it is.
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

/// About what an entry takes.
const ENTRY_BYTES: usize = 160;

/// A list that is being written.
#[derive(Debug)]
pub struct List {
    /// What is written.
    pub text: String,
    /// Entries that are in it.
    pub shown: usize,
    /// Entries that there are.
    pub of: usize,
}

impl List {
    /// A list of so many entries. Nothing is in it yet but its head.
    pub fn new(head: impl Into<String>, of: usize) -> Self {
        Self { text: head.into(), shown: 0, of }
    }

    /// Writes entries with a separator between them, until one does not fit: so many, in a text of so
    /// many bytes.
    pub fn fill<T>(
        &mut self,
        separator: &str,
        [entries_max, bytes_max]: [usize; 2],
        entries: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        write: impl Fn(&mut String, T),
    ) {
        let entries = entries.into_iter().take(entries_max);
        self.text.reserve(bytes_max.min(512 + entries.len() * ENTRY_BYTES));
        for entry in entries {
            let end = self.text.len();
            if self.shown > 0 {
                self.text.push_str(separator);
            }
            write(&mut self.text, entry);
            if self.text.len() > bytes_max {
                self.text.truncate(end);
                break;
            }
            self.shown += 1;
        }
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
