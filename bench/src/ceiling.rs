//! The ceiling: what this machine and this HTTP stack can do when a request costs nothing.
//!
//! It parses the body as the real server must, and answers with a fixed reply; a request for a
//! list, which has no body, with a fixed page. It knows no phones, accounts or storage, or it would
//! no longer be a ceiling.

use std::hint::black_box;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

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
    Router::new().route(PATH, post(answer)).route(PHONES_PATH, get(list))
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
