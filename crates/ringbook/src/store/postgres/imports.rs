//! Imports.

use deadpool_postgres::Object;
use directory::AccountId;
use tokio_postgres::types::ToSql;

use super::fault::Fault;
use super::read::query;
use crate::store::import::{READ_SQL, read};
use crate::store::{Import, ImportId, ImportWrite};

/// Writes what a commit has of imports, within its transaction.
pub async fn write(
    client: &Object,
    account: AccountId,
    imports: &[ImportWrite],
) -> Result<(), Fault> {
    for import in imports {
        let (sql, values) = import.statement(account);
        let values: Vec<_> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        query(client, sql, &values).await?;
    }
    Ok(())
}

/// The newest imports below an id.
pub async fn imports(
    client: &Object,
    account: AccountId,
    below: ImportId,
    rows_max: usize,
) -> Result<Vec<Import>, Fault> {
    let below = i64::try_from(below.0).unwrap_or(i64::MAX);
    let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
    let mut imports = Vec::new();
    for row in query(client, READ_SQL, &[&i64::from(account.0), &below, &rows_max]).await? {
        let mut numbers = [0; 7];
        for (index, number) in numbers.iter_mut().enumerate() {
            *number = row.try_get(index)?;
        }
        let texts = [row.try_get(7)?, row.try_get(8)?, row.try_get(9)?];
        imports.push(read(account, (numbers, texts, row.try_get(10)?))?);
    }
    Ok(imports)
}
