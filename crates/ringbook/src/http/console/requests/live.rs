//! `GET /console/requests/live`: tells the page that there are new calls, as Server-Sent Events.

use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use directory::KeyScope;
use futures_util::stream::unfold;
use tokio::time::{Instant, sleep};

use crate::http::Closing;
use crate::http::console::Console;
use crate::http::console::fields::Fields;
use crate::http::console::page::{Answer, Problem};
use crate::http::console::visit::Visit;
use crate::http::limits::HEARTBEAT;
use crate::service::{CallQuery, Principal};

/// How often it looks: recording a call costs nothing for those who watch.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// Tells of those from the time `since` on, until the browser leaves, the server stops, or the session
/// or its key has ended.
pub async fn stream(
    visit: Visit,
    query: Fields,
    Extension(console): Extension<Console>,
    Extension(closing): Extension<Closing>,
) -> Answer {
    let Ok(permit) = console.watchers.try_acquire_owned() else {
        let detail = "Too many pages are told of requests: load the page again to see new ones.";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail));
    };
    let since_us = query.get("since").parse().unwrap_or_else(|_| visit.service.now_us());
    let events =
        unfold((visit, closing, permit, since_us), async |(visit, closing, permit, since_us)| {
            let begun = Instant::now();
            loop {
                tokio::select! {
                    () = closing.wait() => return None,
                    () = sleep(LOOK_INTERVAL) => {}
                }
                let newest_us = newest_us(&visit, since_us).await?;
                if newest_us >= since_us {
                    let event = Ok::<_, Infallible>("data: 1\n\n");
                    return Some((event, (visit, closing, permit, newest_us + 1)));
                }
                if begun.elapsed() >= HEARTBEAT {
                    return Some((Ok(":\n\n"), (visit, closing, permit, since_us)));
                }
            }
        });
    Ok(([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response())
}

/// When the newest call since then was answered, 0 if there is none; none once the session is over.
async fn newest_us(visit: &Visit, since_us: i64) -> Option<i64> {
    let Principal::Account(access) = &visit.signed_in.principal else { return None };
    if access.scope != KeyScope::Full {
        return None;
    }
    let query = CallQuery { since_us, calls_max: 1, ..CallQuery::default() };
    let calls = visit.service.calls(&access.tenant, &query).await.ok()?;
    visit.service.session(visit.signed_in.session.sha256).await.ok()??;
    Some(calls.first().map_or(0, |call| call.at_us))
}
