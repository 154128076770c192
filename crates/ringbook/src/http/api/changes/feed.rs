//! The feed by long poll.

use std::time::Duration;

use super::change::Change;
use super::page::{ChangePage, LIMIT, WAIT_S, refuse_filters};
use crate::http::Closing;
use crate::http::api::permits::RequestPermits;
use crate::http::api::prelude::*;
use crate::service::History;

/// The changes after one; none if none comes in time, or the server stops.
pub async fn poll(
    caller: Caller<Read>,
    permits: &RequestPermits,
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
    caller.check_still_valid()?;
    let changes = Change::all(history);
    let next = Some(changes.last().map_or(after, |last| last.id));
    Ok(Reply::ok(&ChangePage { changes, next, oldest: None }).render())
}
