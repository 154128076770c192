//! Texts of the document, as HTML.

use std::fmt::Write as _;

use serde_json::Value;

/// Writing to a `String` cannot fail.
pub fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a String cannot fail");
}

/// A text in a value; empty where there is none.
pub fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// A text as HTML.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A description: paragraphs, and between backquotes, code.
pub fn paragraphs(out: &mut String, description: &str) {
    for paragraph in description.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        push(out, format_args!("<p>{}</p>", inline(paragraph)));
    }
}

/// A paragraph of a description.
pub fn inline(description: &str) -> String {
    let parts = escaped(description);
    let parts = parts.split('`').enumerate().map(|(index, part)| {
        if index % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_html_in_descriptions() {
        assert_eq!(inline("a `<b>` & \"c\""), "a <code>&lt;b&gt;</code> &amp; &quot;c&quot;");
    }
}
