//! What each parser promises for any input. The fuzzer looks for an input that breaks a promise;
//! the test `crates/ringbook/tests/parsers/corpus.rs` replays the inputs in `fuzz/corpus`.

mod body;
mod name;
mod number;
mod rows;
mod skills;

/// Panics if a parser breaks a promise with this input.
pub type Check = fn(&[u8]);

/// Each parser by the name of its corpus.
pub const CHECKS: [(&str, Check); 5] = [
    ("body", body::check),
    ("name", |input| as_text(input, name::check)),
    ("number", |input| as_text(input, number::check)),
    ("rows", rows::check),
    ("skills", |input| as_text(input, skills::check)),
];

/// These parsers take text, so bytes that are not UTF-8 never reach them.
fn as_text(input: &[u8], check: fn(&str)) {
    if let Ok(text) = std::str::from_utf8(input) {
        check(text);
    }
}
