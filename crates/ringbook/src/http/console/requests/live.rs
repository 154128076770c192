//! `GET /console/requests/live`: tells the page of new calls, by the stream of the API.

use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use futures_util::stream::StreamExt as _;
use tokio::time::sleep;

use super::list::wanted;
use crate::http::console::fields::Fields;
use crate::http::console::page::Problem;
use crate::http::console::visit::Visit;

/// How often the session is looked for, so that it is over within a second.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

const STREAM: &str = "text/event-stream";

pub async fn stream(visit: Visit, query: Fields) -> Result<Response<Body>, Problem> {
    let calls = visit.api.send(wanted(&query).header(ACCEPT, STREAM)).await?;
    let calls = calls.into_body().into_data_stream().take_until(is_over(visit));
    Ok(([(CONTENT_TYPE, STREAM)], Body::from_stream(calls)).into_response())
}

/// Waits until the session has ended. Looking for it does not prolong it.
async fn is_over(visit: Visit) {
    loop {
        sleep(LOOK_INTERVAL).await;
        let sessions = visit.service.sessions(&visit.signed_in).await;
        let is_this = |sha256| sha256 == visit.signed_in.session.sha256;
        if sessions.is_ok_and(|found| !found.iter().any(|session| is_this(session.sha256))) {
            return;
        }
    }
}
