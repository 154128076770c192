//! What the two comparison servers share: the API under test, and how they listen.

use std::borrow::Cow;
use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::error::{Context, Outcome};

/// The path of PhoneManageV2.
pub const PATH: &str = "/ca_apis/PhoneManageV2";

/// The path of the phones of an account in the native API.
pub const PHONES_PATH: &str = "/v1/phones";

/// The reply to every successful change, byte for byte.
pub const SUCCESS: &str = r#"{"status":"success","message":"record inserted successfully"}"#;

/// The fields of a request; text without escapes is borrowed from the body.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Request<'a> {
    #[serde(borrow)]
    pub user_name: Cow<'a, str>,
    #[serde(borrow)]
    pub action: Cow<'a, str>,
    #[serde(borrow)]
    pub phone_number: Cow<'a, str>,
    #[serde(borrow)]
    pub phone_name: Cow<'a, str>,
    #[serde(borrow)]
    pub phone_number_new: Cow<'a, str>,
    #[serde(borrow)]
    pub phone_name_new: Cow<'a, str>,
    #[serde(borrow)]
    pub assign_skill: Cow<'a, str>,
    #[serde(borrow)]
    pub un_assign_skill: Cow<'a, str>,
}

/// Runs a server to its end.
pub fn block_on(server: impl Future<Output = Outcome<()>>) -> Outcome<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(server)
}

/// Serves routes, and `/readyz`, until the process is killed.
pub async fn serve(listen: SocketAddr, routes: Router) -> Outcome<()> {
    let listener =
        TcpListener::bind(listen).await.context(format_args!("listening on {listen}"))?;
    Ok(axum::serve(listener, routes.route("/readyz", get(|| async { "ok" }))).await?)
}
