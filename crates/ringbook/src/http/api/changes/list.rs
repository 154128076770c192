//! `GET /v1/changes`: the history, the feed, or a stream of it.

use std::time::Duration;

use axum::Extension;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, HeaderValue, VARY};
use serde::Serialize;
use utoipa::ToSchema;

use super::change::Change;
use super::parameters::{
    AFTER, BEFORE, ChangeParameters, IMPORT, LIMIT, PHONE, SKILL, WAIT_S, refuse_filters,
};
use super::stream;
use crate::http::Closing;
use crate::http::api::accept::accepted;
use crate::http::api::code::Code;
use crate::http::api::permits::Permits;
use crate::http::api::phones::lookup;
use crate::http::api::prelude::*;
use crate::service::{Failure, History};
use crate::store::{ChangeQuery, Direction, HistoryOf};

/// A page of changes
#[derive(Serialize, ToSchema)]
struct ChangePage {
    /// The changes
    changes: Vec<Change>,
    /// Of the history: `before` of the next page; absent on the last one. A page of one phone,
    /// skill or import may be short, or empty, and not be the last one. Of the feed: `after` of the next
    /// request; always there
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
    /// On the last page of the history, if what was before it is no longer kept: the oldest
    /// change that is
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<u64>,
}

/// List changes
///
/// Without `after`, the history: newest first. With `after`, the feed: oldest first, without a
/// gap, each change once, whichever node is asked. With `Accept: text/event-stream`, the feed as
/// Server-Sent Events, from now on unless `after` or `Last-Event-ID` says otherwise.
#[utoipa::path(
    get, path = "/v1/changes", tag = "changes", params(ChangeParameters),
    responses(
        (status = 200, description = "A page of changes, or a stream of them", content(
            (ChangePage = "application/json"),
            (String = "text/event-stream")
        ))
    )
)]
pub async fn list(
    caller: Caller<Read>,
    Extension(permits): Extension<Permits>,
    Extension(closing): Extension<Closing>,
    headers: HeaderMap,
    mut parameters: Query,
) -> Answer {
    const OFFERED: [(&str, bool); 2] = [("application/json", false), ("text/event-stream", true)];
    let after = AFTER.read(&mut parameters);
    let is_stream = accepted(&headers, &OFFERED).unwrap_or(false);
    let mut response = match after {
        _ if is_stream => {
            stream::follow(caller, &permits, closing, &headers, after, parameters).await?
        }
        Some(after) => poll(caller, &permits, &closing, after, parameters).await?,
        None => history(&caller, parameters).await?,
    };
    response.headers_mut().append(VARY, HeaderValue::from(ACCEPT));
    Ok(response)
}

/// The feed by long poll: the changes after one, none if none comes in time or the server stops.
async fn poll(
    caller: Caller<Read>,
    permits: &Permits,
    closing: &Closing,
    after: u64,
    mut parameters: Query,
) -> Answer {
    refuse_filters(&mut parameters);
    let wait_s = WAIT_S.read(&mut parameters).unwrap_or_default();
    let changes_max = LIMIT.items(&mut parameters);
    parameters.check()?;
    let tenant = &caller.access.tenant;
    let _permit = (wait_s > 0).then(|| permits.take(tenant.id())).transpose()?;
    let wait = Duration::from_secs(wait_s);
    let history = tokio::select! {
        history = caller.service.changes_after(tenant, after, changes_max, wait) => history?,
        () = closing.wait() => History::default(),
    };
    let changes = Change::all(history);
    let next = Some(changes.last().map_or(after, |last| last.id));
    Ok(Reply::ok(&ChangePage { changes, next, oldest: None }).render())
}

/// A page of the history.
async fn history(caller: &Caller<Read>, mut parameters: Query) -> Answer {
    let (phone, skill) = (PHONE.read(&mut parameters), SKILL.read(&mut parameters));
    let import = IMPORT.read(&mut parameters);
    if phone.is_some() && skill.is_some() {
        parameters.add_fault(SKILL.name, "cannot be given with phone");
    }
    if import.is_some() && (phone.is_some() || skill.is_some()) {
        parameters.add_fault(IMPORT.name, "cannot be given with phone or skill");
    }
    WAIT_S.refuse(&mut parameters, "is for the feed: give after as well");
    let below = BEFORE.read(&mut parameters);
    let rows_max = LIMIT.items(&mut parameters);
    parameters.check()?;
    let of = match import {
        Some(import) => HistoryOf::Import(import),
        None => history_of(caller, phone, skill).await.map_err(|failure| {
            let problem = Problem::from(failure).named_by(PHONE.name, Code::NoSuchPhone);
            problem.named_by(SKILL.name, Code::NoSuchSkill)
        })?,
    };
    let direction = Direction::NewestFirst;
    let query = ChangeQuery { of, above: 0, below, direction, rows_max };
    let history = caller.service.history(&caller.access.tenant, &query).await?;
    let (next, oldest) = (history.next, history.oldest);
    Ok(Reply::ok(&ChangePage { changes: Change::all(history), next, oldest }).render())
}

async fn history_of(
    caller: &Caller<Read>,
    phone: Option<String>,
    skill: Option<String>,
) -> Result<HistoryOf, Failure> {
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    if let Some(skill) = skill {
        return Ok(HistoryOf::Skill(service.skill(tenant, &skill).await?.id));
    }
    let Some(phone) = phone else { return Ok(HistoryOf::Account) };
    let lookup = lookup(&phone);
    // A deleted phone can only be found by its id.
    match lookup.id {
        Some(id) => {
            service.check_phone_id(tenant, id).await?;
            Ok(HistoryOf::Phone(id))
        }
        None => Ok(HistoryOf::Phone(service.show_phone(tenant, &lookup).await?.0.id)),
    }
}
