//! Changes of skills, settings, routing, keys and tokens, and deletions of accounts, as statements
//! that every engine understands. They are rare, so each is a statement of its own.

use directory::{AccountId, ApiKey, Change, IssuedToken, KeyId, Tokens};

use super::routing::write_routing;
use crate::store::copy::tables::Value::{self, Blob, Integer, Null, Text};

/// A statement and its values. They first appear in it in their order, as SQLite numbers `$1` by that.
pub type Statement = (&'static str, Vec<Value>);

/// Reads what [`statements`] needs for a token.
pub const TOKENS_SQL: &str = "SELECT tokens_issued_us FROM account WHERE id = $1";

/// Writes the change that made this version, within the transaction that has raised the account's.
/// Phones are left to the engine, also those of a deleted account. `tokens_issued_us` is as stored.
///
/// The history of a deleted account stays, as it says who deleted it and when. So do the idempotency
/// records, as one may have the answer to the deletion.
pub fn statements(
    account: AccountId,
    version: u64,
    change: &Change,
    tokens_issued_us: &str,
) -> Vec<Statement> {
    let account = Integer(account.0.into());
    match change {
        Change::Phone { .. } => Vec::new(),
        Change::Skill { id, after: Some(name), .. } => vec![(
            "INSERT INTO skill (account_id, id, name, version) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (account_id, id) DO UPDATE \
             SET name = excluded.name, version = excluded.version",
            vec![
                account,
                Integer(id.0.into()),
                text(name.as_str()),
                Integer(version.cast_signed()),
            ],
        )],
        Change::Skill { id, after: None, .. } => {
            let sql = "DELETE FROM skill WHERE account_id = $1 AND id = $2";
            vec![(sql, vec![account, Integer(id.0.into())])]
        }
        Change::Profile { after, .. } => vec![(
            "UPDATE account SET api_key_sha256 = $1, api_authentication = $2, \
             phone_number_limit = $3 WHERE id = $4",
            vec![
                Blob(after.api_key_sha256.to_vec()),
                text(after.api_authentication.as_str()),
                Integer(after.phone_number_limit.into()),
                account,
            ],
        )],
        Change::Key { id, after: Some(key), .. } => vec![write_key(account, *id, key)],
        Change::Key { id, after: None, .. } => [
            "DELETE FROM api_key WHERE account_id = $1 AND id = $2",
            "DELETE FROM key_use WHERE account_id = $1 AND key_id = $2",
        ]
        .map(|sql| (sql, vec![account.clone(), Integer(id.0.cast_signed())]))
        .into(),
        Change::Routing { subject, after, .. } => {
            vec![write_routing(account, *subject, after, version)]
        }
        Change::Token { issued } => vec![(
            "UPDATE account SET token_sha256 = $1, token_expires_us = $2, tokens_issued_us = $3 \
             WHERE id = $4",
            vec![
                Blob(issued.sha256.to_vec()),
                Integer(issued.expires_us),
                Text(issued_us(tokens_issued_us, issued)),
                account,
            ],
        )],
        Change::AccountDeleted(_) => [
            "DELETE FROM skill WHERE account_id = $1",
            "DELETE FROM routing WHERE account_id = $1",
            "DELETE FROM api_key WHERE account_id = $1",
            "DELETE FROM key_use WHERE account_id = $1",
            "DELETE FROM import WHERE account_id = $1",
            "DELETE FROM session WHERE account_id = $1",
            "DELETE FROM account_version WHERE account_id = $1",
            "DELETE FROM account WHERE id = $1",
        ]
        .map(|sql| (sql, vec![account.clone()]))
        .into(),
    }
}

fn text(text: &str) -> Value {
    Text(text.to_owned())
}

fn write_key(account: Value, id: KeyId, key: &ApiKey) -> Statement {
    let sql = "INSERT INTO api_key (account_id, id, name, scope, sha256, created_us, expires_us) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, id) DO UPDATE SET \
               name = excluded.name, scope = excluded.scope, sha256 = excluded.sha256, \
               created_us = excluded.created_us, expires_us = excluded.expires_us";
    let values = vec![
        account,
        Integer(id.0.cast_signed()),
        text(key.name.as_str()),
        text(key.scope.as_str()),
        Blob(key.sha256.to_vec()),
        Integer(key.created_us),
        key.expires_us.map_or(Null, Integer),
    ];
    (sql, values)
}

/// The `tokens_issued_us` of an account after another token is issued.
fn issued_us(stored: &str, issued: &IssuedToken) -> String {
    let issued_us = serde_json::from_str(stored).unwrap_or_default();
    let mut tokens = Tokens { newest: None, issued_us };
    tokens.issue(issued.clone());
    serde_json::Value::from(tokens.issued_us).to_string()
}
