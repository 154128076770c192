//! The fixture in PostgreSQL's words, for tables that are filled without a client.
//!
//! A load compares every reply, so an expression here that says something else than `fixture`
//! fails it at once.

use crate::fixture::{DAY_NAMES, SCATTER, SKILLS};

/// The number of the phone whose index is the expression `index`, as it is imported.
pub fn number(index: &str) -> String {
    format!("'+917' || lpad((({index})::bigint * {SCATTER} % 1000000000)::text, 9, '0')")
}

/// The name of that phone.
pub fn name(index: &str) -> String {
    let (names, count) = (texts(&DAY_NAMES), DAY_NAMES.len());
    format!("({names})[({index}) % {count} + 1] || '.' || lpad(({index})::text, 6, '0')")
}

/// The names of all skills, an array.
pub fn skills() -> String {
    texts(&SKILLS)
}

/// From an array with something for each skill, what belongs to one of the three skills of the
/// phone: `nth` counts them from zero.
pub fn of_skill(array: &str, index: &str, nth: &str) -> String {
    format!("({array})[({index} + {nth}) % {} + 1]", SKILLS.len())
}

fn texts(texts: &[&str]) -> String {
    let quoted: Vec<_> = texts.iter().map(|text| format!("'{text}'")).collect();
    format!("ARRAY[{}]", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_stand_by_themselves() {
        assert_eq!(of_skill("ids", "n", "nth"), "(ids)[(n + nth) % 10 + 1]");
        assert!(name("n").starts_with("(ARRAY['Asha', "));
        assert!(number("a.n").contains("((a.n)::bigint * 387420489 % 1000000000)"));
    }
}
