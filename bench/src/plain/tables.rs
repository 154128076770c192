//! The tables of the plain handler, with the accounts, phones and skills of the benchmark.

use sha2::{Digest, Sha256};
use tokio_postgres::{Client, Error};

use crate::fixture::{Account, SKILLS};
use crate::fixture_sql as sql;

/// Makes and fills the tables, unless they are there.
pub async fn prepare(client: &mut Client, accounts: &[Account]) -> Result<(), Error> {
    let found = "SELECT to_regclass('phone_skill') IS NOT NULL";
    if client.query_one(found, &[]).await?.try_get(0)? {
        return Ok(());
    }
    let transaction = client.transaction().await?;
    transaction.batch_execute(include_str!("schema.sql")).await?;
    let phones = format!(
        "INSERT INTO phone (account_id, number, name) \
         SELECT $1::bigint, {}, {} FROM generate_series(0, $2::int - 1) AS n",
        sql::number("n"),
        sql::name("n"),
    );
    let assignments = format!(
        "INSERT INTO phone_skill (phone_id, skill_id) SELECT phone.id, skill.id \
         FROM phone CROSS JOIN generate_series(0, 2) AS nth \
         JOIN skill ON skill.account_id = phone.account_id AND skill.name = {} \
         WHERE phone.account_id = $1 ORDER BY phone.id, nth",
        sql::of_skill("$2::text[]", "right(phone.name, 6)::int", "nth"),
    );
    for account in accounts {
        let made = "INSERT INTO account (user_name, api_key_sha256) VALUES ($1, $2) RETURNING id";
        let key = Sha256::digest(&account.api_key);
        let row = transaction.query_one(made, &[&account.user_name, &key.as_slice()]).await?;
        let id: i64 = row.try_get(0)?;
        let skills = "INSERT INTO skill (account_id, name) SELECT $1, unnest($2::text[])";
        transaction.execute(skills, &[&id, &SKILLS.as_slice()]).await?;
        let count = i32::try_from(account.phones).expect("an account has far fewer phones");
        transaction.execute(&phones, &[&id, &count]).await?;
        transaction.execute(&assignments, &[&id, &SKILLS.as_slice()]).await?;
    }
    transaction.commit().await
}
