//! `GET /v1/requests`: the last calls to PhoneManageV2, as this node has them in memory.

use serde::Serialize;
use utoipa::ToSchema;

use super::choice::{Choice, choice_schema};
use super::code::Code;
use super::page::{Page, PageParameters, PageRequest};
use super::parameter::{Id, OneOf, Time};
use super::prelude::*;
use crate::service::clock::time_text;
use crate::service::{Call, CallAction, CallOutcome, CallQuery};
use crate::store::RequestId;

parameters!(struct CallParameters {
    /// Those that ended so
    OUTCOME: OneOf<CallOutcome> = query "outcome";
    /// Those of this action
    ACTION: OneOf<CallAction> = query "action";
    /// The one with this id, which its answer has in `Ringbook-Request-Id`
    REQUEST: Id<RequestId> = query "request";
    /// Those from this time on
    SINCE: Time = query "since";
});

choice_schema! {
    /// How a call ended: all was done; the phone was saved and its skills stayed as they were; nothing
    /// was done; the store did not answer
    pub CallOutcomeName for CallOutcome = CallOutcome::ALL
}

impl Choice for CallAction {
    fn choices() -> Vec<(&'static str, Self)> {
        Self::ALL.map(|action| (action.as_str(), action)).into()
    }
}

/// A call to PhoneManageV2
#[derive(Serialize, ToSchema)]
#[schema(as = PhoneManageCall)]
pub struct Item {
    /// The id of the request, as in `Ringbook-Request-Id`
    #[schema(example = "r0123456789abcdef")]
    id: String,
    /// When it was answered
    #[schema(format = "date-time")]
    at: String,
    /// What it wanted to do; `null` if that is no action
    #[schema(required, example = "create")]
    action: Option<&'static str>,
    #[schema(value_type = CallOutcomeName)]
    outcome: &'static str,
    /// `Ringbook-Reason`: what exactly is wrong; `null` if nothing is
    #[schema(required)]
    reason: Option<String>,
    /// The phone that has the number or the name that the call wanted
    #[schema(required, example = "p17")]
    phone: Option<String>,
    /// The HTTP status
    status: u16,
    /// How long it took, in microseconds
    duration_us: u64,
    /// The body, with `[key]` in place of what may be a key or a token; `[cut]` is at the end of 4 KiB
    request: String,
    /// The body of the answer
    reply: String,
}

impl Item {
    fn of(call: &Call) -> Self {
        Self {
            id: call.id.to_string(),
            at: time_text(call.at_us),
            action: call.action.map(CallAction::as_str),
            outcome: call.outcome.as_str(),
            reason: call.reason.clone(),
            phone: call.phone.map(|phone| phone.to_string()),
            status: call.status,
            duration_us: call.time_us,
            request: call.request.to_string(),
            reply: call.reply.to_string(),
        }
    }
}

/// Calls, newest first.
type Calls = Page<Item>;

/// List calls to PhoneManageV2
///
/// The last ones that name this account, with wrong keys too, newest first: as many as this node has in
/// memory, a thousand at most.
#[utoipa::path(
    get, path = "/v1/requests", tag = "explain", params(CallParameters, PageParameters),
    responses((status = 200, description = "A page of calls", body = Calls))
)]
pub async fn list(caller: Caller<Full>, mut parameters: Query) -> Answer {
    let since_us = SINCE.read(&mut parameters);
    let mut query = CallQuery {
        outcome: OUTCOME.read(&mut parameters),
        action: ACTION.read(&mut parameters),
        id: REQUEST.read(&mut parameters),
        since_us: since_us.unwrap_or_default(),
        ..CallQuery::default()
    };
    let page = PageRequest::read(&mut parameters, |position| position.parse().ok());
    parameters.check()?;
    if !caller.service.records_calls() {
        let detail = "the server keeps no calls: it was started with --no-request-log";
        return Err(Problem::new(Code::NoSuchPath, detail));
    }
    query.below_us = page.after;
    query.calls_max = page.items_max + 1;
    let calls = caller.service.calls(&caller.access.tenant, &query).await?;
    let calls = page.begin_of(calls, |call| call.at_us);
    Ok(Reply::ok(&calls.map(|call| Item::of(&call))).render())
}
