//! `GET /v1/feed`: the changes oldest first, by long poll or as a stream.

mod stream;

use std::time::Duration;

use axum::Extension;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, HeaderValue, VARY};
use directory::ChangeId;
use serde::Serialize;
use utoipa::ToSchema;

use super::changes::change::Change;
use super::parameter::{Id, Limit, Text, Whole};
use super::permits::Permits;
use super::prelude::*;
use crate::http::Closing;
use crate::http::accept::accepted;
use crate::http::limits::WAIT_S_MAX;
use crate::service::{Failure, History};

parameters!(struct FeedParameters {
    /// `next` of the answer before, or the id of the last change that was read. `now` begins with the
    /// next change. If it is absent, the feed begins with the oldest change that is kept
    CURSOR: Text = query "cursor";
    /// If there is no change yet, wait for one for so long; a stream always waits
    WAIT_S: Whole<0, WAIT_S_MAX> = query "wait_s";
    /// Changes at most, 1 to 1000; 50 if absent. A stream has all
    LIMIT: Limit = query "limit";
    /// With `Accept: text/event-stream`: the last event that was seen, as browsers send it when they
    /// connect again. It comes before `cursor`
    LAST_EVENT_ID: Id<ChangeId> = header "Last-Event-ID";
});

/// Where the feed begins when it is told `now`.
const NOW: &str = "now";

/// The next changes of the feed
#[derive(Serialize, ToSchema)]
struct Feed {
    /// The changes after the cursor, oldest first; none if none came in time
    items: Vec<Change>,
    /// `cursor` of the next request
    #[schema(example = "c17")]
    next: String,
}

/// Where the feed begins.
#[derive(Debug, Clone, Copy)]
enum Begin {
    /// With the oldest change that is kept.
    Oldest,
    /// With the next change.
    Now,
    /// With the one after this.
    After(ChangeId),
}

impl Begin {
    fn read(cursor: &str) -> Result<Self, &'static str> {
        if cursor == NOW {
            return Ok(Self::Now);
        }
        cursor.parse().map(Self::After).map_err(|_| "must be the id of a change, or now")
    }

    /// The version after which it begins.
    async fn after(self, caller: &Caller<Read>) -> Result<Option<u64>, Failure> {
        Ok(match self {
            Self::Oldest => None,
            Self::After(ChangeId(version)) => Some(version),
            Self::Now => Some(caller.service.account_state(&caller.access.tenant).await?.version),
        })
    }
}

/// Read the feed
///
/// All changes, oldest first, without a gap, each once, whichever server is asked. With
/// `Accept: text/event-stream`, as Server-Sent Events.
#[utoipa::path(
    get, path = "/v1/feed", tag = "changes", params(FeedParameters),
    responses(
        (status = 200, description = "The next changes, or a stream of them", content(
            (Feed = "application/json"),
            (String = "text/event-stream")
        ))
    )
)]
pub async fn read(
    caller: Caller<Read>,
    Extension(permits): Extension<Permits>,
    Extension(closing): Extension<Closing>,
    headers: HeaderMap,
    mut parameters: Query,
) -> Answer {
    const OFFERED: [(&str, bool); 2] = [("application/json", false), ("text/event-stream", true)];
    let begin = parameters.take(CURSOR.name).map_or(Ok(Begin::Oldest), |text| Begin::read(&text));
    if let Err(why) = begin {
        parameters.add_cursor_fault(CURSOR.name, why);
    }
    let wait = Duration::from_secs(WAIT_S.read(&mut parameters).unwrap_or_default());
    let changes_max = LIMIT.items(&mut parameters);
    parameters.check()?;
    let begin = begin.expect("a fault was reported");
    let mut response = if accepted(&headers, &OFFERED).unwrap_or(false) {
        stream::follow(caller, &permits, closing, &headers, begin).await?
    } else {
        poll(caller, &permits, &closing, begin, changes_max, wait).await?
    };
    response.headers_mut().append(VARY, HeaderValue::from(ACCEPT));
    Ok(response)
}

/// The next changes by long poll: none if none comes in time or the server stops.
async fn poll(
    caller: Caller<Read>,
    permits: &Permits,
    closing: &Closing,
    begin: Begin,
    changes_max: usize,
    wait: Duration,
) -> Answer {
    let tenant = &caller.access.tenant;
    let _permit = (!wait.is_zero()).then(|| permits.take(tenant.id())).transpose()?;
    let after = begin.after(&caller).await?;
    let history = tokio::select! {
        history = caller.service.changes_after(tenant, after, changes_max, wait) => history?,
        () = closing.wait() => History::default(),
    };
    let items = Change::all(history);
    let none = || ChangeId(after.unwrap_or_default()).to_string();
    let next = items.last().map_or_else(none, |last| last.id.clone());
    Ok(Reply::ok(&Feed { items, next }).render())
}
