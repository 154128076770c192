//! Erases a person's values, each in one transaction. Another attempt finds nothing that is left.

use std::collections::BTreeSet;

use deadpool_postgres::Object;
use directory::{AccountId, Change, Kind, PhoneId, SkillNames, UserName};
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::read::{id_of, query};
use crate::store::copy::tables::Value;
use crate::store::erasure::{KEPT_TEXTS, KeptText, erase_delta, tells};
use crate::store::{Erased, Erasure, Origin, StoreError, delta};

/// The tables of which erasures delete or edit rows.
const TABLES: &str = "phone, skill, routing, change, import, idempotency_record";

/// Erases, and commits.
pub async fn erase(client: &Object, erasure: &Erasure, origin: &Origin) -> Result<Erased, Fault> {
    client.batch_execute("BEGIN").await?;
    let (account, kind, phone, mut erased) = match erasure {
        Erasure::Phone { account, phone } => {
            let erased = erase_phone(client, *account, *phone).await?;
            (*account, Kind::ErasePhone, Some(i64::from(phone.0)), erased)
        }
        Erasure::Account(id) => (*id, Kind::EraseAccount, None, erase_account(client, *id).await?),
    };
    if erased.is_any() {
        erased.version = note(client, account, kind, phone, (erased, origin)).await?;
    } else {
        erased = Erased::default();
    }
    client.batch_execute("COMMIT").await?;
    Ok(erased)
}

/// Notes an erasure in the history, and returns its version.
async fn note(
    client: &Object,
    account: AccountId,
    kind: Kind,
    phone: Option<i64>,
    (erased, origin): (Erased, &Origin),
) -> Result<u64, Fault> {
    let id = i64::from(account.0);
    let mut version = erased.version.cast_signed();
    if phone.is_some() {
        let sql = "UPDATE account_version SET version = version + 1 WHERE account_id = $1 \
                   RETURNING version";
        let rows = query(client, sql, &[&id]).await?;
        version = rows.first().ok_or(StoreError::Busy)?.try_get(0)?;
    }
    let sql = "INSERT INTO change \
               (account_id, version, at_us, request_id, source, kind, subject_id, delta) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (request_id, source) = (origin.request_id.to_i64(), &*origin.source);
    let (kind, delta) = (kind.as_str(), erased.delta());
    let values: [&(dyn ToSql + Sync); 8] =
        [&id, &version, &origin.at_us, &request_id, &source, &kind, &phone, &delta];
    query(client, sql, &values).await?;
    Ok(version.cast_unsigned())
}

/// Puts marks into the changes of a deleted phone, and in place of texts that tell its values.
async fn erase_phone(client: &Object, account: AccountId, phone: PhoneId) -> Result<Erased, Fault> {
    let (id, phone_id) = (i64::from(account.0), i64::from(phone.0));
    // No commit to the account comes in between, not even one that brings the phone back.
    let sql = "SELECT version FROM account_version WHERE account_id = $1 FOR UPDATE";
    let versions = query(client, sql, &[&id]).await?;
    let sql = "SELECT id FROM phone WHERE account_id = $1 AND id = $2";
    if versions.is_empty() || !query(client, sql, &[&id, &phone_id]).await?.is_empty() {
        return Err(StoreError::Busy.into());
    }
    let sql = "SELECT version, delta FROM change WHERE account_id = $1 AND subject_id = $2 \
               AND kind = ANY($3)";
    let kinds = [Kind::CreatePhone, Kind::EditPhone, Kind::DeletePhone, Kind::EditPhoneRouting]
        .map(Kind::as_str);
    let (mut versions, mut deltas, mut values) = (Vec::new(), Vec::new(), BTreeSet::new());
    for row in query(client, sql, &[&id, &phone_id, &kinds.as_slice()]).await? {
        if let Some(delta) = erase_delta(account, phone, row.try_get(1)?, &mut values)? {
            versions.push(row.try_get::<_, i64>(0)?);
            deltas.push(delta);
        }
    }
    let sql = "UPDATE change SET delta = erased.delta \
               FROM unnest($2::bigint[], $3::text[]) AS erased (version, delta) \
               WHERE account_id = $1 AND change.version = erased.version";
    query(client, sql, &[&id, &versions, &deltas]).await?;
    let mut texts = 0;
    for kept in &KEPT_TEXTS {
        texts += erase_texts(client, id, kept, &values).await?;
    }
    Ok(Erased { changes: versions.len(), texts, version: 0 })
}

/// Puts marks in place of the texts of a column that tell one of these values; returns how many.
async fn erase_texts(
    client: &Object,
    account: i64,
    kept: &KeptText,
    values: &BTreeSet<String>,
) -> Result<usize, Fault> {
    // Only those that may tell one are sent here.
    let column = kept.column;
    let text = if kept.is_bytes { format!("encode({column}, 'escape')") } else { column.into() };
    let sql = format!(
        "{} AND EXISTS (SELECT FROM unnest($2::text[]) AS value \
         WHERE position(lower(value) IN lower({text})) > 0)",
        kept.select()
    );
    let mut erased = 0;
    for row in query(client, &sql, &[&account, &Vec::from_iter(values)]).await? {
        let text = match row.try_get(1)? {
            Value::Text(text) => text.into_bytes(),
            Value::Blob(bytes) => bytes,
            Value::Null | Value::Integer(_) => continue,
        };
        if tells(&text, values) {
            let key: Value = row.try_get(0)?;
            query(client, &kept.update(), &[&kept.mark, &account, &key]).await?;
            erased += 1;
        }
    }
    Ok(erased)
}

/// Deletes the history of a deleted account but for its end, and all that is kept of it.
async fn erase_account(client: &Object, account: AccountId) -> Result<Erased, Fault> {
    let id = i64::from(account.0);
    let sql = "SELECT version FROM change WHERE account_id = $1 AND kind = $2 \
               AND NOT EXISTS (SELECT FROM account WHERE id = $1)";
    let deletion = query(client, sql, &[&id, &Kind::DeleteAccount.as_str()]).await?;
    let version: i64 = deletion.first().ok_or(StoreError::Busy)?.try_get(0)?;
    let sql = "DELETE FROM change WHERE account_id = $1 AND version < $2 RETURNING 1";
    let changes = query(client, sql, &[&id, &version]).await?.len();
    let sql = "DELETE FROM idempotency_record WHERE account_id = $1 RETURNING 1";
    let texts = query(client, sql, &[&id]).await?.len();
    Ok(Erased { changes, texts, version: (version + 1).cast_unsigned() })
}

/// The deleted accounts that had this `userName`.
pub async fn deleted_accounts(
    client: &Object,
    user_name: &UserName,
) -> Result<Vec<AccountId>, Fault> {
    let wanted = delta(&Change::AccountDeleted(user_name.clone()), &SkillNames::default());
    let sql = "SELECT account_id FROM change WHERE kind = $1 AND delta = $2 ORDER BY account_id";
    let found = query(client, sql, &[&Kind::DeleteAccount.as_str(), &wanted]).await?;
    found.iter().map(|row| Ok(AccountId(id_of(row, 0)?))).collect()
}

/// Frees what old rows have left; writes the tables anew if `rewrites`.
pub async fn purge(client: &Object, rewrites: bool) -> Result<(), Fault> {
    let full = if rewrites { "(FULL) " } else { "" };
    Ok(client.batch_execute(&format!("VACUUM {full}{TABLES}")).await?)
}
