//! The rows of a store, the same for every engine.

/// Rows that are read and written at a time: a few MB.
pub const PAGE_ROWS: u32 = 10_000;

/// Answers that are read and written at a time, as they may be long.
pub const PAGE_ANSWERS: u32 = 1000;

/// A row of `account` and its row of `account_version`.
#[derive(Debug, Clone)]
pub struct AccountRow {
    pub id: i64,
    pub user_name: String,
    pub api_key_sha256: Vec<u8>,
    pub api_authentication: String,
    pub phone_number_limit: i64,
    pub token_sha256: Option<Vec<u8>>,
    pub token_expires_us: Option<i64>,
    pub tokens_issued_us: String,
    pub version: i64,
    pub next_phone_id: i64,
    pub next_skill_id: i64,
}

/// A row of `skill`.
#[derive(Debug, Clone)]
pub struct SkillRow {
    pub account_id: i64,
    pub id: i64,
    pub name: String,
}

/// A row of `phone`.
#[derive(Debug, Clone)]
pub struct PhoneRow {
    pub account_id: i64,
    pub id: i64,
    pub number: String,
    pub name: String,
    pub skills: String,
}

/// A row of `change`.
#[derive(Debug, Clone)]
pub struct ChangeRow {
    pub account_id: i64,
    pub version: i64,
    pub at_us: i64,
    pub request_id: i64,
    pub source: String,
    pub kind: String,
    pub subject_id: Option<i64>,
    pub delta: String,
}

/// A row of `api_key`.
#[derive(Debug, Clone)]
pub struct ApiKeyRow {
    pub account_id: i64,
    pub id: i64,
    pub name: String,
    pub scope: String,
    pub sha256: Vec<u8>,
    pub created_us: i64,
    pub expires_us: Option<i64>,
}

/// A row of `key_use`.
#[derive(Debug, Clone)]
pub struct KeyUseRow {
    pub account_id: i64,
    pub key_id: i64,
    pub used_us: i64,
}

/// A row of `operator_key`.
#[derive(Debug, Clone)]
pub struct OperatorKeyRow {
    pub name: String,
    pub sha256: Vec<u8>,
    pub created_us: i64,
    pub expires_us: Option<i64>,
}

/// A row of `idempotency_record`.
#[derive(Debug, Clone)]
pub struct AnswerRow {
    pub account_id: i64,
    pub key_sha256: Vec<u8>,
    pub request_sha256: Vec<u8>,
    pub at_us: i64,
    pub answer: Vec<u8>,
}

/// Some rows of one table.
#[derive(Debug, Clone)]
pub enum Rows {
    Accounts(Vec<AccountRow>),
    Skills(Vec<SkillRow>),
    Phones(Vec<PhoneRow>),
    Changes(Vec<ChangeRow>),
    ApiKeys(Vec<ApiKeyRow>),
    KeyUses(Vec<KeyUseRow>),
    OperatorKeys(Vec<OperatorKeyRow>),
    Answers(Vec<AnswerRow>),
}

/// The tables in the order in which they are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// All accounts, which are few.
    Accounts,
    /// All skills.
    Skills,
    /// The phones by account and id, a page at a time.
    Phones,
    /// The changes by two numbers whose meaning is the engine's, a page at a time.
    Changes,
    /// All API keys.
    ApiKeys,
    /// All uses of keys.
    KeyUses,
    /// All of the operator's keys.
    OperatorKeys,
    /// The kept answers by account and key, a page at a time.
    Answers,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Accounts,
        Self::Skills,
        Self::Phones,
        Self::Changes,
        Self::ApiKeys,
        Self::KeyUses,
        Self::OperatorKeys,
        Self::Answers,
    ];
}

/// Where a row stands in its table. Every row stands after the default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Key {
    /// The numbers.
    pub numbers: (i64, i64),
    /// What comes after them in the key of an answer.
    pub sha256: Vec<u8>,
}

impl Key {
    /// A key of two numbers.
    pub fn of(first: i64, second: i64) -> Self {
        Self { numbers: (first, second), sha256: Vec::new() }
    }
}

/// How many rows there are, in the words of both engines.
pub const COUNT: &str = "SELECT (SELECT count(*) FROM account) + (SELECT count(*) FROM skill) \
     + (SELECT count(*) FROM phone) + (SELECT count(*) FROM change) \
     + (SELECT count(*) FROM api_key) + (SELECT count(*) FROM key_use) \
     + (SELECT count(*) FROM operator_key) + (SELECT count(*) FROM idempotency_record)";
