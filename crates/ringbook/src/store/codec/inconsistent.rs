//! Rows that do not fit together, in queries that every engine understands.

/// What belongs to an account: a name for it, its table, and the column that tells which it is.
const PARTS: [(&str, &str, &str); 5] = [
    ("phone", "phone", "account_id || '/' || id"),
    ("skill", "skill", "name"),
    ("routing settings", "routing", "account_id || '/' || subject"),
    ("import", "import", "account_id || '/' || id"),
    ("API key", "api_key", "name"),
];

/// What is wrong, and a query for where.
pub fn inconsistent() -> impl Iterator<Item = (String, String)> {
    let wrong = [
        ("account without counters", "id NOT IN (SELECT account_id FROM account_version)"),
        ("account whose id is not from 1 to 2147483647", "id NOT BETWEEN 1 AND 2147483647"),
    ];
    let of_accounts = wrong.into_iter().map(|(what, condition)| {
        (what.to_owned(), format!("SELECT user_name FROM account WHERE {condition}"))
    });
    of_accounts.chain(PARTS.into_iter().map(|(what, table, which)| {
        let nobodys = "account_id NOT IN (SELECT id FROM account)";
        (
            format!("{what} of an account that does not exist"),
            format!("SELECT {which} FROM {table} WHERE {nobodys}"),
        )
    }))
}
