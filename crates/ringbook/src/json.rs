//! Writes JSON by hand, where serde would take much of the time.

/// Appends a text as the content of a JSON string, without the quotes.
pub fn write_text(json: &mut String, text: &str) {
    // Most texts need no escapes.
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        let quoted = serde_json::to_string(text).expect("a string is JSON");
        json.push_str(&quoted[1..quoted.len() - 1]);
    } else {
        json.push_str(text);
    }
}
