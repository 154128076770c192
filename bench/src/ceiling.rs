//! The ceiling: what this machine and this HTTP stack can do when a request costs nothing.
//!
//! It parses the body as the real server must, and answers with a fixed reply; a request for a
//! list, which has no body, with a fixed page, and `/fixed?BYTES` with so many bytes. It knows no phones, accounts or storage, or it would
//! no longer be a ceiling.

use std::hint::black_box;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};

use crate::error::Outcome;
use crate::requests::Mode;
use crate::wire::{self, PATH, PHONES_PATH, Request, SUCCESS};

/// Serves until the process is killed.
pub fn run(listen: SocketAddr) -> Outcome<()> {
    wire::block_on(wire::serve(listen, routes()))
}

fn routes() -> Router {
    let page = Bytes::from(Mode::List.fixed_reply());
    let list = move || {
        let page = page.clone();
        async { ([(header::CONTENT_TYPE, "application/json")], page) }
    };
    let all = Bytes::from(vec![b'.'; 1 << 16]);
    let fixed = move |RawQuery(bytes): RawQuery, _: Bytes| {
        let all = all.clone();
        async move {
            let bytes = bytes.and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
            ([(header::CONTENT_TYPE, "text/plain")], all.slice(..all.len().min(bytes)))
        }
    };
    let routes = Router::new().route(PATH, post(answer)).route(PHONES_PATH, get(list));
    routes.route("/fixed", any(fixed))
}

async fn answer(body: Bytes) -> Response {
    match serde_json::from_slice::<Request>(&body) {
        Ok(request) => {
            // Without this the compiler may leave out the parsing of fields nobody reads.
            black_box(&request);
            ([(header::CONTENT_TYPE, "application/json")], SUCCESS).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}
