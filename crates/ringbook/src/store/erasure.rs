//! Erasing a person's values: what is erased, in which columns such values are kept, and what stands
//! in their place.

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
pub enum Erasure {
    /// The numbers and names of a deleted phone, and the reasons of its pauses, from the history and from [`KEPT_TEXTS`].
    Phone {
        /// Whose phone.
        account: AccountId,
        /// Which phone. Marks take the place of all its numbers and names in the history.
        phone: PhoneId,
        /// All numbers, names and reasons that it ever had. Texts in which one stands are erased whole.
        values: Vec<String>,
    },
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

fn is_pause(field: &str) -> bool {
    field.parse().is_ok_and(|key: Key| key.setting == Setting::Pause)
}

/// A pause with a mark in place of its reason; none if it has no reason, or a mark already.
fn erase_reason(text: &str) -> Option<String> {
    let pause = Pause::parse(text).ok().filter(tells_reason)?;
    Some(Pause { reason: REASON_MARK.to_owned(), ..pause }.to_string())
}

/// The delta of a change of a phone with marks in place of numbers, names and reasons; none if it has
/// none of these, or marks already.
pub(super) fn erase_delta(
    account: AccountId,
    phone: PhoneId,
    delta: &str,
) -> Result<Option<String>, StoreError> {
    let damaged = || StoreError::Damaged(format!("account {account}, phone {}: a delta", phone.0));
    let mut fields: Map<String, Json> = serde_json::from_str(delta).map_err(|_| damaged())?;
    let mut is_new = false;
    let [number, name] =
        [PhoneNumber::erased(phone).to_string(), PhoneName::erased(phone).to_string()];
    for (field, sides) in &mut fields {
        let mark: &dyn Fn(&str) -> Option<String> = match field.as_str() {
            "number" => &|_| Some(number.clone()),
            "name" => &|_| Some(name.clone()),
            field if is_pause(field) => &erase_reason,
            _ => continue,
        };
        for side in sides.as_array_mut().ok_or_else(damaged)? {
            let marked = side.as_str().and_then(mark);
            if let Some(marked) = marked.filter(|marked| side != marked) {
                *side = marked.into();
                is_new = true;
            }
        }
    }
    Ok(is_new.then(|| Json::Object(fields).to_string()))
}

/// Whether one of these values stands in a text, in any case.
pub(super) fn tells(text: &[u8], values: &[String]) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::copy::tables::TABLES;

    /// Columns that have no number and no name of a phone in a text of their own.
    const OTHERS: &str = "account.id account.user_name account.api_key_sha256 \
        account.api_authentication account.phone_number_limit account.token_sha256 \
        account.token_expires_us account.tokens_issued_us account_version.* skill.* phone.* routing.* \
        change.* import.account_id import.id import.begun_us import.request_id import.source \
        import.mode import.state import.row_count import.done import.unchanged import.refused \
        api_key.* key_use.* operator_key.* idempotency_record.account_id \
        idempotency_record.key_sha256 idempotency_record.request_sha256 idempotency_record.at_us";

    /// Rows of `phone` and its `routing` are deleted before, and `change` has marks. A new column is listed above, or
    /// erased as one of [`KEPT_TEXTS`].
    #[test]
    fn every_column_is_erased_or_known_to_have_no_values() {
        for table in TABLES {
            for column in table.columns().split(", ") {
                let name = table.name;
                let is_erased = |kept: &KeptText| (kept.table, kept.column) == (name, column);
                let is_other = OTHERS.split(' ').any(|other| {
                    [format!("{name}.*"), format!("{name}.{column}")].iter().any(|it| it == other)
                });
                let is_erased = KEPT_TEXTS.iter().any(is_erased);
                assert!(is_erased != is_other, "{name}.{column}: is it erased?");
            }
        }
    }
}
