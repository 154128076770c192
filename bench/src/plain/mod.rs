//! The plain handler: an edit as it is written where nobody thinks of groups or memory.
//!
//! A request is a transaction of several statements on a connection of a pool; the rules are in
//! the statements and in the unique indexes. It is the peer of ringbook over PostgreSQL, so it is
//! to be as good as this design can be: same HTTP stack, same client, statements prepared once, as
//! few round trips as there are questions. It must not take anything from ringbook's design.

mod edit;
mod tables;

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use tokio::net::TcpListener;
use tokio_postgres::{Config, NoTls};

use crate::error::{During, Outcome};
use crate::fixture::Account;
use crate::wire::{PATH, Request, SUCCESS};
use edit::Failure;

/// Connections to the database: twice what is often advised for two to four cores, and about
/// where more gain nothing.
const CONNECTIONS: usize = 16;

/// Makes the tables where there are none, and serves until the process is killed.
pub fn run(listen: SocketAddr, database: &str, accounts: &[Account]) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let pool = pool(database)?;
        tables::prepare(&mut *pool.get().await?, accounts).await.during("making the tables")?;
        let listener =
            TcpListener::bind(listen).await.during(format_args!("listening on {listen}"))?;
        Ok(axum::serve(listener, routes(pool)).await?)
    })
}

fn pool(database: &str) -> Outcome<Pool> {
    let config: Config = database.parse().during("the URL of the database")?;
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config, NoTls, recycling);
    Ok(Pool::builder(manager).max_size(CONNECTIONS).build()?)
}

fn routes(pool: Pool) -> Router {
    let routes = Router::new().route(PATH, post(answer)).route("/readyz", get(|| async { "ok" }));
    routes.with_state(pool)
}

async fn answer(State(pool): State<Pool>, headers: HeaderMap, body: Bytes) -> Response {
    let refuse = |status: StatusCode, why: &str| {
        let reply = serde_json::json!({ "status": "error", "message": why });
        (status, [(header::CONTENT_TYPE, "application/json")], reply.to_string()).into_response()
    };
    let request = match serde_json::from_slice::<Request>(&body) {
        Ok(request) if request.action == "edit" => request,
        Ok(_) => return refuse(StatusCode::BAD_REQUEST, "only edits are carried out"),
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let api_key = headers.get("apiKey").map_or(&b""[..], |value| value.as_bytes());
    match edit::edit(&pool, api_key, &request).await {
        Ok(()) => ([(header::CONTENT_TYPE, "application/json")], SUCCESS).into_response(),
        Err(Failure::Denied) => refuse(StatusCode::UNAUTHORIZED, "wrong userName or apiKey"),
        Err(Failure::Refused(why)) => refuse(StatusCode::CONFLICT, why),
        Err(Failure::Broken(error)) => {
            refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())
        }
    }
}
