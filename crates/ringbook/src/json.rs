//! JSON that is written by hand, where serde would take much of the time.

/// Adds a text as it stands between the quotes of a string.
pub fn write_text(json: &mut String, text: &str) {
    // Most texts have nothing that JSON escapes.
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        let quoted = serde_json::to_string(text).expect("a string is JSON");
        json.push_str(&quoted[1..quoted.len() - 1]);
    } else {
        json.push_str(text);
    }
}
