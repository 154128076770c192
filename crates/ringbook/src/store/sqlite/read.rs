//! Reads accounts.

use directory::routing::Routing;
use directory::{Account, AccountId, Phone, PhoneId, PhonesBuilder, Skills};
use rusqlite::{Connection, Row, params};

use super::open::running;
use super::sql::{all_values, execute, row, rows, run};
use crate::store::codec::{
    add_routing, add_skill, read_all, read_head, read_listed, read_phone, routing_of, skills_of,
};
use crate::store::{AccountHead, ListedAccount, StoreError};

pub const ACCOUNT_COLUMNS: &str = "SELECT id, user_name, api_key_sha256, api_authentication, \
     phone_number_limit, token_sha256, token_expires_us, tokens_issued_us, \
     version, next_phone_id, next_skill_id, settings_version, \
     (SELECT json_group_array(json_array(id, name, scope, hex(sha256), created_us, expires_us)) \
      FROM api_key WHERE account_id = account.id) \
     FROM account JOIN account_version ON account_id = id";

/// Runs `read` within one transaction, so on one snapshot.
pub fn transaction<T>(
    connection: &Connection,
    read: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    if !connection.is_autocommit() {
        return read(connection);
    }
    execute(connection, "BEGIN", [])?;
    let _transaction = Transaction(connection);
    let result = read(connection);
    execute(connection, "COMMIT", [])?;
    result
}

/// Ends a transaction that a panic or a failed COMMIT has left open, when dropped. Otherwise all later
/// reads of the connection would see its snapshot.
struct Transaction<'c>(&'c Connection);

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        roll_back(self.0);
    }
}

/// Rolls back the open transaction, if there is one.
pub fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = execute(connection, "ROLLBACK", [])
    {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
}

pub fn find_account(
    connection: &Connection,
    user_name: &str,
) -> Result<Option<AccountHead>, StoreError> {
    let sql = format!("{ACCOUNT_COLUMNS} WHERE user_name = ?1");
    query_head(connection, &sql, user_name)
}

pub fn account_by_id(
    connection: &Connection,
    id: AccountId,
) -> Result<Option<AccountHead>, StoreError> {
    let sql = format!("{ACCOUNT_COLUMNS} WHERE id = ?1");
    query_head(connection, &sql, id.0)
}

fn query_head(
    connection: &Connection,
    sql: &str,
    key: impl rusqlite::ToSql,
) -> Result<Option<AccountHead>, StoreError> {
    let head = |row: &Row<'_>| read_head(&all_values(row).map_err(running)?);
    row(connection, sql, [key], |row| Ok(head(row)))?.transpose()
}

pub fn load(connection: &Connection, id: AccountId) -> Result<Option<Account>, StoreError> {
    let Some(head) = account_by_id(connection, id)? else { return Ok(None) };
    let (first, last) = key_range(id);
    let mut statement = connection
        .prepare_cached(
            "SELECT key, number, name, skills, version FROM phone WHERE key BETWEEN ?1 AND ?2",
        )
        .map_err(running)?;
    let mut rows = statement.query([first, last]).map_err(running)?;
    let mut phones = PhonesBuilder::default();
    while let Some(row) = rows.next().map_err(running)? {
        let (phone_id, (phone, version)) = phone(row, id)?;
        phones.push(phone_id, phone, version);
    }
    Ok(Some(head.with(skills(connection, id)?, routing(connection, id)?, phones)))
}

pub fn routing(connection: &Connection, id: AccountId) -> Result<Routing, StoreError> {
    read_all(id, &run(connection, routing_of(id))?, add_routing)
}

pub fn skills(connection: &Connection, id: AccountId) -> Result<Skills, StoreError> {
    read_all(id, &run(connection, skills_of(id))?, add_skill)
}

/// The keys of an account's phones: `account_id * 2^32 + id`.
pub fn key_range(id: AccountId) -> (i64, i64) {
    (phone_key(id, PhoneId(0)), phone_key(id, PhoneId(u32::MAX)))
}

/// The key of a phone.
pub fn phone_key(account: AccountId, phone: PhoneId) -> i64 {
    i64::from(account.0) << 32 | i64::from(phone.0)
}

/// A phone with its id and its version.
pub fn phone(row: &Row<'_>, account: AccountId) -> Result<(PhoneId, (Phone, u64)), StoreError> {
    let key: i64 = row.get(0).map_err(running)?;
    let id = PhoneId(u32::try_from(key & 0xffff_ffff).expect("32 bits"));
    let values = [text(row, 1)?, text(row, 2)?, text(row, 3)?];
    Ok((id, read_phone(account, id, values, row.get(4).map_err(running)?)?))
}

/// A text of the row, without a copy.
fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, StoreError> {
    row.get_ref(column).and_then(|value| Ok(value.as_str()?)).map_err(running)
}

pub fn version(connection: &Connection, id: AccountId) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT version FROM account_version WHERE account_id = ?1";
    row(connection, sql, [id.0], |row| Ok(row.get::<_, i64>(0)?.cast_unsigned()))
}

pub fn account_ids(connection: &Connection) -> Result<Vec<AccountId>, StoreError> {
    let sql = format!("SELECT id FROM account WHERE id BETWEEN 1 AND {} ORDER BY id", i32::MAX);
    rows(connection, &sql, [], |row| Ok(AccountId(row.get(0)?)))
}

pub fn accounts(
    connection: &Connection,
    above: &str,
    rows_max: usize,
) -> Result<Vec<ListedAccount>, StoreError> {
    let sql = format!(
        "SELECT found.*, \
         (SELECT count(*) FROM phone \
          WHERE phone.key BETWEEN found.id << 32 AND (found.id << 32) + 4294967295), \
         (SELECT count(*) FROM skill WHERE skill.account_id = found.id) \
         FROM ({ACCOUNT_COLUMNS}) AS found WHERE user_name > ?1 ORDER BY user_name LIMIT ?2"
    );
    let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
    let listed = rows(connection, &sql, params![above, rows_max], |row| {
        Ok(read_listed(row.get(1)?, all_values(row).map_err(running)))
    });
    listed?.into_iter().collect()
}
