//! Texts of the document, as HTML.

use serde_json::Value;

/// A text in a value; empty where there is none.
pub fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The items of a list in a value.
pub fn items<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

/// The members of an object.
pub fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Several parts of the page, one after the other.
pub fn each<T>(items: impl IntoIterator<Item = T>, show: impl FnMut(T) -> String) -> String {
    items.into_iter().map(show).collect()
}

/// A text as HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A description: paragraphs, and between backquotes, code.
pub fn paragraphs(description: &str) -> String {
    let paragraphs = description.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
    each(paragraphs, |paragraph| format!("<p>{}</p>", inline(paragraph)))
}

/// A paragraph of a description.
pub fn inline(description: &str) -> String {
    each(escaped(description).split('`').enumerate(), |(index, part)| match index % 2 {
        0 => part.to_owned(),
        _ => format!("<code>{part}</code>"),
    })
}
