//! The plain handler: an edit as it is written without groups or memory.
//!
//! A request is a transaction of several statements on a connection of a pool; the rules are in
//! the statements and in the unique indexes. It is the peer of ringbook on PostgreSQL, so it is as
//! good as this design can be: same HTTP stack, same client, prepared statements, few round trips.
//! It takes nothing from ringbook's design.

mod edit;

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use sha2::{Digest, Sha256};
use tokio_postgres::{Client, Config, NoTls};

use crate::error::{Context, Outcome};
use crate::fixture::{self, Account, SKILLS, Variant};
use crate::wire::{self, PATH, Request, SUCCESS};
use edit::Failure;

/// Connections to the database: twice what is often advised for two to four cores, and about
/// where more gain nothing.
const CONNECTIONS: usize = 16;

/// Makes and fills the tables, and serves until the process is killed.
pub fn run(listen: SocketAddr, database: &str, accounts: &[Account]) -> Outcome<()> {
    wire::block_on(async {
        let config: Config = database.parse().context("the URL of the database")?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, NoTls, recycling);
        let pool = Pool::builder(manager).max_size(CONNECTIONS).build()?;
        prepare(&mut *pool.get().await?, accounts).await.context("making the tables")?;
        wire::serve(listen, Router::new().route(PATH, post(answer)).with_state(pool)).await
    })
}

async fn prepare(client: &mut Client, accounts: &[Account]) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(include_str!("schema.sql")).await?;
    for account in accounts {
        let insert = "INSERT INTO account (user_name, api_key_sha256) VALUES ($1, $2) RETURNING id";
        let key = Sha256::digest(&account.api_key);
        let row = transaction.query_one(insert, &[&account.user_name, &key.as_slice()]).await?;
        let id: i64 = row.try_get(0)?;
        let insert = "INSERT INTO skill (account_id, name) SELECT $1, unnest($2::text[])";
        transaction.execute(insert, &[&id, &SKILLS.as_slice()]).await?;
        let phones = || 0..account.phones;
        let numbers: Vec<_> = phones().map(|phone| fixture::number(phone, Variant::Day)).collect();
        let names: Vec<_> = phones().map(|phone| fixture::name(phone, Variant::Day)).collect();
        let insert = "INSERT INTO phone (account_id, number, name) \
                      SELECT $1, * FROM unnest($2::text[], $3::text[])";
        transaction.execute(insert, &[&id, &numbers, &names]).await?;
        let skills: Vec<_> =
            phones().map(|phone| fixture::skills(phone, Variant::Day).join(",")).collect();
        let insert = "INSERT INTO phone_skill (phone_id, skill_id) SELECT phone.id, skill.id \
                      FROM unnest($2::text[], $3::text[]) AS of_phone (number, skills) \
                      JOIN phone ON phone.account_id = $1 AND phone.number = of_phone.number \
                      CROSS JOIN string_to_table(of_phone.skills, ',') WITH ORDINALITY AS has (name, nth) \
                      JOIN skill ON skill.account_id = $1 AND skill.name = has.name \
                      ORDER BY phone.id, has.nth";
        transaction.execute(insert, &[&id, &numbers, &skills]).await?;
    }
    transaction.commit().await
}

async fn answer(State(pool): State<Pool>, headers: HeaderMap, body: Bytes) -> Response {
    let reject = |status: StatusCode, why: &str| {
        let reply = serde_json::json!({ "status": "error", "message": why });
        (status, [(header::CONTENT_TYPE, "application/json")], reply.to_string()).into_response()
    };
    let request = match serde_json::from_slice::<Request>(&body) {
        Ok(request) if request.action == "edit" => request,
        Ok(_) => return reject(StatusCode::BAD_REQUEST, "only edits are carried out"),
        Err(error) => return reject(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let api_key = headers.get("apiKey").map_or(&b""[..], |value| value.as_bytes());
    match edit::edit(&pool, api_key, &request).await {
        Ok(()) => ([(header::CONTENT_TYPE, "application/json")], SUCCESS).into_response(),
        Err(Failure::Denied) => reject(StatusCode::UNAUTHORIZED, "wrong userName or apiKey"),
        Err(Failure::Rejected(why)) => reject(StatusCode::CONFLICT, why),
        Err(Failure::Database(error)) => {
            reject(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())
        }
    }
}
