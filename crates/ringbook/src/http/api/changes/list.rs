//! `GET /v1/changes`: the history, the feed, or a stream of it.

use axum::Extension;
use axum::body::Body;
use axum::http::header::{ACCEPT, HeaderValue, VARY};
use axum::http::{HeaderMap, Response};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::change::Change;
use super::permits::ReaderPermits;
use super::{feed, stream};
use crate::http::Closing;
use crate::http::api::accept::accepted;
use crate::http::api::access::{Caller, Read};
use crate::http::api::phones::lookup;
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::query::Query;
use crate::http::api::reply::Reply;
use crate::http::limits::{PAGE_ITEMS, PAGE_ITEMS_MAX};
use crate::store::{ChangeQuery, Direction, HistoryOf};

/// Which changes are asked for
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // It describes what is read one by one.
pub struct ChangeParameters {
    /// Those of this phone: its id, also if it is deleted, or the number that it has
    phone: Option<String>,
    /// Those of this skill itself: its name
    skill: Option<String>,
    /// Those before this change: `next` of the page before
    before: Option<u64>,
    /// The feed: those after this change, oldest first, each once
    after: Option<u64>,
    /// With `after`: if there is none yet, wait for one for so long
    #[param(minimum = 0, maximum = 30)]
    wait_s: Option<u64>,
    /// Changes at most, 1 to 1000; 50 if absent
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// Where a stream goes on
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)] // It describes what is read one by one.
pub struct StreamParameters {
    /// With `Accept: text/event-stream`: the last change that was seen, as browsers send it when
    /// they connect again
    #[param(rename = "Last-Event-ID")]
    last_event_id: Option<u64>,
}

/// A page of changes
#[derive(Serialize, ToSchema)]
pub struct ChangePage {
    /// The changes
    pub changes: Vec<Change>,
    /// Of the history: `before` of the next page; absent on the last one. A page of one phone or
    /// skill may be short, or empty, and not be the last one. Of the feed: `after` of the next
    /// request; always there
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// On the last page of the history, if what was before it is no longer kept: the oldest
    /// change that is
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<u64>,
}

/// List changes
///
/// Without `after`, the history: newest first. With `after`, the feed: oldest first, without a
/// gap, each change once, whichever node is asked. With `Accept: text/event-stream`, the feed as
/// Server-Sent Events, from now on unless `after` or `Last-Event-ID` says otherwise.
#[utoipa::path(
    get, path = "/v1/changes", tag = "changes", params(ChangeParameters, StreamParameters),
    responses(
        (status = 200, description = "A page of changes, or a stream of them", content(
            (ChangePage = "application/json"),
            (String = "text/event-stream")
        )),
        Problems
    ),
    security(("account" = []))
)]
pub async fn list(
    caller: Caller<Read>,
    Extension(permits): Extension<ReaderPermits>,
    Extension(closing): Extension<Closing>,
    headers: HeaderMap,
    mut parameters: Query,
) -> Result<Response<Body>, Problem> {
    const OFFERED: [(&str, bool); 2] = [("application/json", false), ("text/event-stream", true)];
    let after = parameters.whole("after", 0..=u64::MAX);
    let is_stream = accepted(&headers, &OFFERED).unwrap_or(false);
    let mut response = match after {
        _ if is_stream => {
            stream::follow(caller, &permits, closing, &headers, after, parameters).await?
        }
        Some(after) => feed::poll(caller, &permits, &closing, after, parameters).await?,
        None => history(&caller, parameters).await?,
    };
    response.headers_mut().append(VARY, HeaderValue::from(ACCEPT));
    Ok(response)
}

/// A page of the history.
async fn history(caller: &Caller<Read>, mut parameters: Query) -> Result<Response<Body>, Problem> {
    let (phone, skill) = (parameters.number("phone"), parameters.text("skill"));
    if phone.is_some() && skill.is_some() {
        parameters.wrong("skill", "cannot be given with phone");
    }
    if parameters.text("wait_s").is_some() {
        parameters.wrong("wait_s", "is for the feed: give after as well");
    }
    let below = parameters.whole("before", 1..=u64::MAX);
    let rows_max = limit(&mut parameters);
    parameters.check()?;
    let of = history_of(caller, phone, skill).await?;
    let direction = Direction::NewestFirst;
    let asked = ChangeQuery { of, above: 0, below, direction, rows_max };
    let history = caller.service.history(&caller.access.tenant, &asked).await?;
    let (next, oldest) = (history.next, history.oldest);
    Ok(Reply::ok(&ChangePage { changes: Change::all(history), next, oldest }).render(false))
}

/// How many changes are asked for.
pub fn limit(parameters: &mut Query) -> usize {
    let limit = parameters.whole("limit", 1..=PAGE_ITEMS_MAX).unwrap_or(PAGE_ITEMS);
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// The feed leaves nothing out.
pub fn refuse_filters(parameters: &mut Query) {
    for name in ["before", "phone", "skill"] {
        if parameters.text(name).is_some() {
            parameters.wrong(name, "is for the history, the feed has all changes");
        }
    }
}

async fn history_of(
    caller: &Caller<Read>,
    phone: Option<String>,
    skill: Option<String>,
) -> Result<HistoryOf, Problem> {
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    if let Some(skill) = skill {
        return Ok(HistoryOf::Skill(service.skill(tenant, &skill).await?.id));
    }
    let Some(phone) = phone else { return Ok(HistoryOf::Account) };
    let lookup = lookup(&phone);
    // One that is deleted is not there to be found.
    match lookup.id {
        Some(id) => {
            service.check_phone_id(tenant, id).await?;
            Ok(HistoryOf::Phone(id))
        }
        None => Ok(HistoryOf::Phone(service.show_phone(tenant, &lookup).await?.0.id)),
    }
}
