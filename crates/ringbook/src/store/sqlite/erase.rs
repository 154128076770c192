//! Erases a person's values: each in one transaction, which overwrites what it deletes.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use directory::{AccountId, Change, Kind, PhoneId, SkillNames, UserName};
use rusqlite::{Connection, params};

use super::groups::{self, Finder, Group, Line, lines, walk_account};
use super::open::running;
use super::sql::{execute, row, rows, value};
use super::versions::Changed;
use super::{index, prune, read};
use crate::store::copy::tables::Value;
use crate::store::erasure::{KEPT_TEXTS, erase_delta, tells};
use crate::store::{Direction, Erased, Erasure, Origin, StoreError, delta};

/// How long to try to truncate the log while others read. Each of their reads takes a part of a second.
const TRUNCATE_WITHIN: Duration = Duration::from_secs(30);

/// Erases within the caller's transaction. Adds the account to `changed`.
pub fn erase(
    connection: &Connection,
    erasure: &Erasure,
    origin: &Origin,
    changed: &mut Changed,
) -> Result<Erased, StoreError> {
    let (account, kind, phone, mut erased) = match erasure {
        Erasure::Phone { account, phone } => {
            let mut values = BTreeSet::new();
            let erased = Erased {
                changes: erase_phone(connection, *account, *phone, &mut values)?,
                texts: erase_texts(connection, *account, &values)?,
                version: 0,
            };
            (*account, Kind::ErasePhone, Some(phone.0.into()), erased)
        }
        Erasure::Account(id) => (*id, Kind::EraseAccount, None, erase_account(connection, *id)?),
    };
    if !erased.is_any() {
        return Ok(Erased::default());
    }
    if phone.is_some() {
        let sql = "UPDATE account_version SET version = version + 1 WHERE account_id = ?1 \
                   RETURNING version";
        let version = row(connection, sql, [account.0], |row| row.get::<_, i64>(0))?;
        erased.version = version.ok_or(StoreError::Busy)?.cast_unsigned();
        changed.push((account, Some(erased.version)));
    }
    let delta = erased.delta();
    let line = Line::of(account, erased.version, origin, (kind, phone), &delta);
    groups::insert_one(connection, &line)?;
    Ok(erased)
}

/// Puts marks into the changes of a deleted phone; returns how many had values, and adds these.
fn erase_phone(
    connection: &Connection,
    account: AccountId,
    phone: PhoneId,
    values: &mut BTreeSet<String>,
) -> Result<usize, StoreError> {
    let sql = "SELECT count(*) FROM phone WHERE key = ?1";
    if value::<u32>(connection, sql, [read::phone_key(account, phone)])? > 0 {
        return Err(StoreError::Busy);
    }
    let mut erased = 0;
    for id in groups_of(connection, account, phone)? {
        let sql = "SELECT changes FROM change_group WHERE id = ?1";
        let text: String = value(connection, sql, [id])?;
        let mut group = Group::default();
        for (change_id, text) in lines(id, &text) {
            let line = Line::parse(change_id, text)?;
            match line.filter(|line| is_of(line, account, phone)) {
                None => group.push(|out| out.push_str(text)),
                Some(line) => {
                    let marked = erase_delta(account, phone, &line.delta(), values)?;
                    erased += usize::from(marked.is_some());
                    let raw_delta = marked.as_deref().unwrap_or(line.raw_delta);
                    group.push(|out| Line { raw_delta, ..line }.write(out));
                }
            }
        }
        let sql = "UPDATE change_group SET changes = ?2 WHERE id = ?1";
        execute(connection, sql, params![id, group.end()])?;
    }
    Ok(erased)
}

/// The groups that have changes of a phone: by the index, and change by change where it lags behind.
fn groups_of(
    connection: &Connection,
    account: AccountId,
    phone: PhoneId,
) -> Result<BTreeSet<i64>, StoreError> {
    let sql = "SELECT json_extract(change_ids, '$[' || element.key || ']') \
               FROM change_run CROSS JOIN json_each(phone_ids) AS element \
               WHERE account_id = ?1 \
               AND instr(',' || trim(phone_ids, '[]') || ',', ',' || ?2 || ',') \
               AND element.value = ?2";
    let mut changes: Vec<i64> = rows(connection, sql, [account.0, phone.0], |row| row.get(0))?;
    let indexed = index::indexed(connection)?;
    walk_account(connection, account, indexed, Direction::OldestFirst, |id, line| {
        if is_of(line, account, phone) {
            changes.push(id);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut finder = Finder::new(connection);
    let mut found = BTreeSet::new();
    for id in changes {
        found.extend(finder.change(id)?.map(|(group, _)| group));
    }
    Ok(found)
}

fn is_of(line: &Line<'_>, account: AccountId, phone: PhoneId) -> bool {
    line.account_id == i64::from(account.0) && line.phone_id() == Some(phone.0.into())
}

/// Puts marks in place of the kept texts of an account that tell a value; returns how many.
fn erase_texts(
    connection: &Connection,
    account: AccountId,
    values: &BTreeSet<String>,
) -> Result<usize, StoreError> {
    let mut erased = 0;
    for kept in &KEPT_TEXTS {
        let told = rows(connection, &kept.select(), [account.0], |row| {
            let is_told = tells(row.get_ref(1)?.as_bytes()?, values);
            is_told.then(|| row.get::<_, Value>(0)).transpose()
        })?;
        let keys: Vec<_> = told.into_iter().flatten().collect();
        for key in &keys {
            execute(connection, &kept.update(), params![kept.mark, account.0, key])?;
        }
        erased += keys.len();
    }
    Ok(erased)
}

/// Deletes the history of a deleted account but for its end, and all that is kept of it.
fn erase_account(connection: &Connection, account: AccountId) -> Result<Erased, StoreError> {
    let sql = format!(
        "{DELETIONS} AND account_id = ?1 AND NOT EXISTS (SELECT 1 FROM account WHERE id = ?1)"
    );
    let deletion = row(connection, &sql, [account.0], |row| Ok((row.get(0)?, row.get(2)?)))?;
    let (change_id, version): (i64, i64) = deletion.ok_or(StoreError::Busy)?;
    let version = version.cast_unsigned();
    let changes = prune::delete_account_history(connection, account, (change_id, version))?;
    let sql = "DELETE FROM idempotency_record WHERE account_id = ?1";
    let texts = execute(connection, sql, [account.0])?;
    Ok(Erased { changes, texts, version: version + 1 })
}

/// The deletions of accounts in the history, most groups of which have none.
const DELETIONS: &str = "SELECT change_group.id - json_array_length(changes) + 1 + line.key, \
    json_extract(line.value, '$[0]') AS account_id, json_extract(line.value, '$[1]'), \
    json_extract(line.value, '$[7]') AS delta \
    FROM change_group CROSS JOIN json_each(changes) AS line \
    WHERE instr(changes, 'account.delete') AND json_extract(line.value, '$[5]') = 'account.delete'";

/// The deleted accounts that had this `userName`.
pub fn deleted_accounts(
    connection: &Connection,
    user_name: &UserName,
) -> Result<Vec<AccountId>, StoreError> {
    let wanted = delta(&Change::AccountDeleted(user_name.clone()), &SkillNames::default());
    let sql = format!("{DELETIONS} AND delta = ?1 ORDER BY account_id");
    rows(connection, &sql, [wanted], |row| Ok(AccountId(row.get(1)?)))
}

/// Copies the log into the file and truncates it; before that, writes the file anew if `rewrites`.
pub fn purge(connection: &Connection, rewrites: bool) -> Result<(), StoreError> {
    if rewrites {
        // The new file, before it takes the place of the old one, may be larger than the memory.
        connection.execute_batch("PRAGMA temp_store = FILE; VACUUM").map_err(running)?;
        connection.execute_batch("PRAGMA temp_store = MEMORY").map_err(running)?;
    }
    let begun = Instant::now();
    // It waits for those that read. Others may have begun by then.
    while value::<i64>(connection, "PRAGMA wal_checkpoint(TRUNCATE)", [])? != 0 {
        if begun.elapsed() > TRUNCATE_WITHIN {
            return Err(StoreError::Busy);
        }
    }
    Ok(())
}
