//! Erasing a person's values: what is erased, in which columns such values are kept, and what stands
//! in their place.

use std::collections::BTreeSet;

use directory::routing::{Key, Pause, Setting};
use directory::value::PhoneNumber;
use directory::{AccountId, PhoneId, PhoneName};
use serde_json::{Map, Value as Json};

use super::StoreError;
use super::copy::tables::Value;

/// Values of at least so many characters count wherever they stand in a text. Shorter ones stand in
/// many texts by chance, so they count as whole words.
const DISTINCT_CHARACTERS: usize = 7;

/// What is erased.
#[derive(Debug)]
#[allow(missing_docs, reason = "its values are the phone and whose it is")]
pub enum Erasure {
    /// The numbers and names of a deleted phone and the reasons of its pauses, as the history has them:
    /// marks take their place there, and texts of [`KEPT_TEXTS`] in which one stands are erased whole.
    Phone { account: AccountId, phone: PhoneId },
    /// The history of a deleted account except for its deletion, and all texts kept of it.
    Account(AccountId),
}

/// What was erased. Nothing if nothing was left to erase; then the history has no note of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Changes of the history.
    pub changes: usize,
    /// Kept answers and reports of imports.
    pub texts: usize,
    /// The account's version after the change that notes it.
    pub version: u64,
}

/// A column with texts of an account, such as answers, in which numbers and names may stand. Numbers
/// and names are kept in `phone`, in the history, and in these columns; a new place is added here.
pub struct KeptText {
    /// The table.
    pub table: &'static str,
    /// The column that makes its key, with `account_id`.
    pub key: &'static str,
    /// The column with the text.
    pub column: &'static str,
    /// Whether the column has bytes.
    pub is_bytes: bool,
    /// What an erased text is. Whoever reads the column understands it.
    pub mark: Value,
}

/// All of them.
pub const KEPT_TEXTS: [KeptText; 2] = [
    KeptText {
        table: "idempotency_record",
        key: "key_sha256",
        column: "answer",
        is_bytes: true,
        mark: Value::Blob(Vec::new()),
    },
    KeptText { table: "import", key: "id", column: "stopped", is_bytes: false, mark: Value::Null },
];

impl KeptText {
    /// The texts of the account `$1`, each after its key.
    pub fn select(&self) -> String {
        let Self { table, key, column, .. } = self;
        format!(
            "SELECT {key}, {column} FROM {table} WHERE account_id = $1 AND {column} IS NOT NULL"
        )
    }

    /// Puts a mark, `$1`, in place of the text of the account `$2` and the key `$3`.
    pub fn update(&self) -> String {
        let Self { table, key, column, .. } = self;
        format!("UPDATE {table} SET {column} = $1 WHERE account_id = $2 AND {key} = $3")
    }
}

impl Erased {
    /// Whether anything was erased.
    pub fn is_any(&self) -> bool {
        self.changes + self.texts > 0
    }

    /// The delta of the change that notes it.
    pub(super) fn delta(&self) -> String {
        format!("{{\"changes\":{}}}", self.changes)
    }
}

/// What an erased reason of a pause is.
const REASON_MARK: &str = "erased";

/// Whether a pause has a reason that is not erased.
pub fn tells_reason(pause: &Pause) -> bool {
    !pause.reason.is_empty() && pause.reason != REASON_MARK
}

/// The delta of a change of a phone with marks in place of numbers, names and reasons, which are added
/// to `values`; none if it has none of these, or marks already.
pub(super) fn erase_delta(
    account: AccountId,
    phone: PhoneId,
    delta: &str,
    values: &mut BTreeSet<String>,
) -> Result<Option<String>, StoreError> {
    let damaged = || StoreError::Damaged(format!("account {account}, phone {}: a delta", phone.0));
    let mut fields: Map<String, Json> = serde_json::from_str(delta).map_err(|_| damaged())?;
    let mut is_new = false;
    for (field, sides) in &mut fields {
        if !(field == "number" || field == "name" || is_pause(field)) {
            continue;
        }
        for side in sides.as_array_mut().ok_or_else(damaged)? {
            let Json::String(text) = side else { continue };
            let (value, marked) = match field.as_str() {
                "number" => (text.clone(), PhoneNumber::erased(phone).to_string()),
                "name" => (text.clone(), PhoneName::erased(phone).to_string()),
                _ => {
                    let pause = Pause::parse(text).map_err(|_| damaged())?;
                    if !tells_reason(&pause) {
                        continue;
                    }
                    let marked = Pause { reason: REASON_MARK.to_owned(), ..pause };
                    (pause.reason, marked.to_string())
                }
            };
            if *text != marked {
                values.insert(value);
                *text = marked;
                is_new = true;
            }
        }
    }
    Ok(is_new.then(|| Json::Object(fields).to_string()))
}

fn is_pause(field: &str) -> bool {
    field.parse().is_ok_and(|key: Key| key.setting == Setting::Pause)
}

/// Whether one of these values stands in a text, in any case.
pub(super) fn tells(text: &[u8], values: &BTreeSet<String>) -> bool {
    let tells = |value: &str| {
        let is_distinct = value.len() >= DISTINCT_CHARACTERS;
        let is_part = |at: usize| text.get(at).is_some_and(u8::is_ascii_alphanumeric);
        let found = text.windows(value.len()).enumerate();
        found.filter(|(_, part)| part.eq_ignore_ascii_case(value.as_bytes())).any(|(at, _)| {
            let is_begun = at.checked_sub(1).is_some_and(is_part);
            is_distinct || !(is_begun || is_part(at + value.len()))
        })
    };
    values.iter().any(|value| tells(value))
}
