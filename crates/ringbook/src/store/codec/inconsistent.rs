//! Rows that do not fit together, in queries that every engine understands.

/// What is wrong, and a query for where.
pub const INCONSISTENT: [(&str, &str); 7] = [
    (
        "account without counters",
        "SELECT user_name FROM account WHERE id NOT IN (SELECT account_id FROM account_version)",
    ),
    (
        "account whose id is not from 1 to 2147483647",
        "SELECT user_name FROM account WHERE id NOT BETWEEN 1 AND 2147483647",
    ),
    (
        "phone of an account that does not exist",
        "SELECT account_id || '/' || id FROM phone \
         WHERE account_id NOT IN (SELECT id FROM account)",
    ),
    (
        "skill of an account that does not exist",
        "SELECT name FROM skill WHERE account_id NOT IN (SELECT id FROM account)",
    ),
    (
        "routing settings of an account that does not exist",
        "SELECT account_id || '/' || subject FROM routing \
         WHERE account_id NOT IN (SELECT id FROM account)",
    ),
    (
        "import of an account that does not exist",
        "SELECT account_id || '/' || id FROM import \
         WHERE account_id NOT IN (SELECT id FROM account)",
    ),
    (
        "API key of an account that does not exist",
        "SELECT name FROM api_key WHERE account_id NOT IN (SELECT id FROM account)",
    ),
];
