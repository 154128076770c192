//! Writing rows into a database.

use tokio_postgres::Client;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use crate::store::copy::{AccountRow, ApiKeyRow, ChangeRow, Rows};
use crate::store::postgres::fault::Fault;

/// Writes some rows, within the caller's transaction.
pub async fn write(client: &Client, rows: &Rows) -> Result<(), Fault> {
    match rows {
        Rows::Accounts(rows) => write_accounts(client, rows).await,
        Rows::Skills(rows) => {
            let types = [Type::INT8, Type::INT8, Type::TEXT];
            let copy = "COPY skill (account_id, id, name) FROM STDIN BINARY";
            let values = rows
                .iter()
                .map(|row| -> [&(dyn ToSql + Sync); 3] { [&row.account_id, &row.id, &row.name] });
            fill(client, copy, &types, values).await
        }
        Rows::Phones(rows) => {
            let types = [Type::INT8, Type::INT8, Type::TEXT, Type::TEXT, Type::TEXT];
            let copy = "COPY phone (account_id, id, number, name, skills) FROM STDIN BINARY";
            let values = rows.iter().map(|row| -> [&(dyn ToSql + Sync); 5] {
                [&row.account_id, &row.id, &row.number, &row.name, &row.skills]
            });
            fill(client, copy, &types, values).await
        }
        Rows::Changes(rows) => write_changes(client, rows).await,
        Rows::ApiKeys(rows) => write_api_keys(client, rows).await,
        Rows::KeyUses(rows) => {
            let types = [Type::INT8, Type::INT8, Type::INT8];
            let copy = "COPY key_use (account_id, key_id, used_us) FROM STDIN BINARY";
            let values = rows.iter().map(|row| -> [&(dyn ToSql + Sync); 3] {
                [&row.account_id, &row.key_id, &row.used_us]
            });
            fill(client, copy, &types, values).await
        }
        Rows::OperatorKeys(rows) => {
            let types = [Type::TEXT, Type::BYTEA, Type::INT8, Type::INT8];
            let copy = "COPY operator_key (name, sha256, created_us, expires_us) FROM STDIN BINARY";
            let values = rows.iter().map(|row| -> [&(dyn ToSql + Sync); 4] {
                [&row.name, &row.sha256, &row.created_us, &row.expires_us]
            });
            fill(client, copy, &types, values).await
        }
        Rows::Answers(rows) => {
            let types = [Type::INT8, Type::BYTEA, Type::BYTEA, Type::INT8, Type::BYTEA];
            let copy = "COPY idempotency_record (account_id, key_sha256, request_sha256, at_us, answer) \
                 FROM STDIN BINARY";
            let values = rows.iter().map(|row| -> [&(dyn ToSql + Sync); 5] {
                [&row.account_id, &row.key_sha256, &row.request_sha256, &row.at_us, &row.answer]
            });
            fill(client, copy, &types, values).await
        }
    }
}

async fn write_changes(client: &Client, rows: &[ChangeRow]) -> Result<(), Fault> {
    let types = [
        Type::INT8,
        Type::INT8,
        Type::INT8,
        Type::INT8,
        Type::TEXT,
        Type::TEXT,
        Type::INT8,
        Type::TEXT,
    ];
    let copy = "COPY change (account_id, version, at_us, request_id, source, kind, \
                 subject_id, delta) FROM STDIN BINARY";
    let values = rows.iter().map(|row| -> [&(dyn ToSql + Sync); 8] {
        [
            &row.account_id,
            &row.version,
            &row.at_us,
            &row.request_id,
            &row.source,
            &row.kind,
            &row.subject_id,
            &row.delta,
        ]
    });
    fill(client, copy, &types, values).await
}

async fn write_api_keys(client: &Client, rows: &[ApiKeyRow]) -> Result<(), Fault> {
    let types =
        [Type::INT8, Type::INT8, Type::TEXT, Type::TEXT, Type::BYTEA, Type::INT8, Type::INT8];
    let copy = "COPY api_key (account_id, id, name, scope, sha256, created_us, expires_us) \
         FROM STDIN BINARY";
    let values = rows.iter().map(|row| -> [&(dyn ToSql + Sync); 7] {
        let ApiKeyRow { account_id, id, name, scope, sha256, created_us, expires_us } = row;
        [account_id, id, name, scope, sha256, created_us, expires_us]
    });
    fill(client, copy, &types, values).await
}

async fn fill<const N: usize>(
    client: &Client,
    copy: &str,
    types: &[Type; N],
    rows: impl Iterator<Item = [&(dyn ToSql + Sync); N]>,
) -> Result<(), Fault> {
    let sink = client.copy_in(copy).await?;
    let mut writer = std::pin::pin!(BinaryCopyInWriter::new(sink, types));
    for row in rows {
        writer.as_mut().write(&row).await?;
    }
    writer.finish().await?;
    Ok(())
}

async fn write_accounts(client: &Client, rows: &[AccountRow]) -> Result<(), Fault> {
    let account = client
        .prepare(
            "INSERT INTO account (id, user_name, api_key_sha256, api_authentication, \
             phone_number_limit, token_sha256, token_expires_us, tokens_issued_us) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .await?;
    let version = client
        .prepare(
            "INSERT INTO account_version (account_id, version, next_phone_id, next_skill_id) \
             VALUES ($1, $2, $3, $4)",
        )
        .await?;
    for row in rows {
        let values: [&(dyn ToSql + Sync); 8] = [
            &row.id,
            &row.user_name,
            &row.api_key_sha256,
            &row.api_authentication,
            &row.phone_number_limit,
            &row.token_sha256,
            &row.token_expires_us,
            &row.tokens_issued_us,
        ];
        client.execute(&account, &values).await?;
        let values: [&(dyn ToSql + Sync); 4] =
            [&row.id, &row.version, &row.next_phone_id, &row.next_skill_id];
        client.execute(&version, &values).await?;
    }
    Ok(())
}
