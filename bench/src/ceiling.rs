//! The ceiling: what this machine and this HTTP stack can do when a request costs nothing.
//!
//! It parses the body as the real server must, then answers with a fixed reply. It must not
//! know phones, accounts or storage, for then it would no longer be a ceiling.

use std::borrow::Cow;
use std::hint::black_box;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::error::{During, Outcome};

/// The path of the API under test.
pub const PATH: &str = "/ca_apis/PhoneManageV2";

/// The reply to every successful change, byte for byte.
pub const SUCCESS: &str = r#"{"status":"success","message":"record inserted successfully"}"#;

/// The fields of a request; text without escapes is borrowed from the body.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Request<'a> {
    #[serde(borrow)]
    user_name: Cow<'a, str>,
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(borrow)]
    phone_number: Cow<'a, str>,
    #[serde(borrow)]
    phone_name: Cow<'a, str>,
    #[serde(borrow)]
    phone_number_new: Cow<'a, str>,
    #[serde(borrow)]
    phone_name_new: Cow<'a, str>,
    #[serde(borrow)]
    assign_skill: Cow<'a, str>,
    #[serde(borrow)]
    un_assign_skill: Cow<'a, str>,
}

impl Default for Request<'_> {
    fn default() -> Self {
        let none = Cow::Borrowed("");
        Self {
            user_name: none.clone(),
            action: none.clone(),
            phone_number: none.clone(),
            phone_name: none.clone(),
            phone_number_new: none.clone(),
            phone_name_new: none.clone(),
            assign_skill: none.clone(),
            un_assign_skill: none,
        }
    }
}

/// Serves until the process is killed.
pub fn run(listen: SocketAddr) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .during(format_args!("listening on {listen}"))?;
        Ok(axum::serve(listener, routes()).await?)
    })
}

fn routes() -> Router {
    Router::new().route(PATH, post(answer)).route("/readyz", get(|| async { "ok" }))
}

async fn answer(body: Bytes) -> Response {
    match serde_json::from_slice::<Request>(&body) {
        Ok(request) => {
            // Without this the compiler may leave out the parsing of fields nobody reads.
            black_box(&request.fields());
            ([(header::CONTENT_TYPE, "application/json")], SUCCESS).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

impl Request<'_> {
    fn fields(&self) -> [&str; 8] {
        [
            &self.user_name,
            &self.action,
            &self.phone_number,
            &self.phone_name,
            &self.phone_number_new,
            &self.phone_name_new,
            &self.assign_skill,
            &self.un_assign_skill,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_an_edit_is_read_and_borrowed() {
        let body = br#"{"userName":"acme","action":"edit","unAssignSkill":"Sales","x":1}"#;
        let request: Request = serde_json::from_slice(body).unwrap();
        assert_eq!(request.fields(), ["acme", "edit", "", "", "", "", "", "Sales"]);
        assert!(matches!(request.user_name, Cow::Borrowed(_)));
    }
}
