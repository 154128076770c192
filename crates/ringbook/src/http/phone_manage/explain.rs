//! What PhoneManageV2 would do with a request, and why. It runs the same checks, and changes nothing.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::Response;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use directory::{Change, Command, Phone, Skills};
use serde::Serialize;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::action::Action;
use super::answer::Answer;
use super::handler::{self, Key};
use super::openapi::PhoneManageReply;
use super::reply::Reply;
use super::{body, commands, gateway, idempotency};
use crate::http::RequestLog;
use crate::service::{Access, ListedPhone, Service};

/// The path of the endpoint that explains.
pub const EXPLAIN_PATH: &str = "/ca_apis/PhoneManageV2/explain";

/// The checks of the contract ("Order of checks"), each with the actions that it applies to.
const CHECKS: [(&str, &[Action]); 11] = {
    use Action::{Create, Delete, Edit, Get};
    [
        ("the request: method, size, content type, JSON, types", &[Create, Edit, Delete, Get]),
        ("the credentials, and whether one more request is allowed", &[Create, Edit, Delete, Get]),
        ("the action, the method for it, the Idempotency-Key", &[Create, Edit, Delete, Get]),
        ("phoneNumber: not empty, numeric", &[Create, Edit, Delete, Get]),
        ("phoneName: not empty", &[Create, Edit, Delete]),
        ("the new number: not empty, numeric, its length", &[Create, Edit]),
        ("the new name: not empty, its characters", &[Create, Edit]),
        ("the Idempotency-Key is of no other request; there is such a phone", &[Edit, Delete, Get]),
        ("number and name are taken by no other phone", &[Create, Edit]),
        ("the Phone Number Creation Limit", &[Create, Edit]),
        ("the skills, which refuse nothing", &[Create, Edit]),
    ]
};

/// What PhoneManageV2 would do with a request
#[derive(Serialize, ToSchema)]
#[schema(as = PhoneManageExplanation)]
#[serde(rename_all = "camelCase")]
struct Explanation {
    /// The checks in their order
    checks: Vec<Check>,
    /// The reply that would be given
    reply: WouldReply,
    /// Whether it is one that was given before, by the `Idempotency-Key`
    is_replayed: bool,
    /// What would change
    changes: Vec<WouldChange>,
}

/// A check
#[derive(Serialize, ToSchema)]
#[schema(as = PhoneManageCheck)]
struct Check {
    /// Its number in the order of checks
    #[serde(rename = "check")]
    number: u32,
    /// What is checked
    about: &'static str,
    state: CheckState,
    /// What is wrong
    reason: Option<String>,
}

/// The result of a check
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PhoneManageCheckState)]
#[serde(rename_all = "snake_case")]
enum CheckState {
    Passed,
    Failed,
    NotReached,
    NotForThisAction,
}

/// A reply that would be given
#[derive(Serialize, ToSchema)]
#[schema(as = PhoneManageWouldReply)]
struct WouldReply {
    /// The HTTP status
    status: u16,
    /// The exact bytes
    #[schema(value_type = String)]
    body: Cow<'static, str>,
    /// The header `Ringbook-Reason`
    reason: Option<String>,
}

/// A change that would be made
#[derive(Serialize, ToSchema)]
#[schema(as = PhoneManageWouldChange)]
struct WouldChange {
    /// `create`, `edit` or `delete`
    change: &'static str,
    /// The phone before the change
    before: Option<ChangedPhone>,
    /// The phone after the change
    after: Option<ChangedPhone>,
}

/// A phone with its skills
#[derive(Serialize, ToSchema)]
#[schema(as = PhoneManageChangedPhone)]
#[serde(rename_all = "camelCase")]
struct ChangedPhone {
    /// The number
    phone_number: String,
    /// The name
    phone_name: String,
    /// The names of its skills
    skills: Vec<String>,
}

/// Explain a request of PhoneManageV2
///
/// Takes the same request, and changes nothing.
#[utoipa::path(
    post, path = EXPLAIN_PATH, tag = "PhoneManageV2", request_body = body::Fields,
    responses(
        (status = 200, description = "What would happen; with wrong credentials, what the endpoint itself answers", body = Explained),
        (status = 401, description = "The account wants another kind of credentials, or the token is wrong", body = PhoneManageReply),
        (status = 429, description = "Too many requests", body = PhoneManageReply),
        (status = 503, description = "The store does not answer", body = PhoneManageReply)
    ),
    security(("apiKey" = []))
)]
pub async fn handle(State(service): State<Arc<Service>>, request: Request) -> Response<Body> {
    let (mut action, mut changes) = (None, Vec::new());
    let (service, found) = (&*service, &mut changes);
    let preview = async move |access, action, command, key| {
        preview(service, access, (action, command), key, found).await
    };
    let answer = match gateway::read(request, handler::METHODS).await {
        Ok((head, bytes)) => {
            let fields = gateway::parse(&head, &bytes);
            handler::run(service, (&head, &bytes), &fields, &mut action, preview).await
        }
        Err(refused) => refused,
    };
    if is_sent_unexplained(&answer) {
        return answer.into_response();
    }
    let log = RequestLog { outcome: "explained", account: answer.account };
    let checks = checks(&answer, action);
    let Answer { reply: Reply { status, body, .. }, reason, is_replayed, .. } = answer;
    let reply = WouldReply { status, body, reason };
    let explanation = Explanation { checks, reply, is_replayed, changes };
    let body = serde_json::to_vec(&explanation).expect("it is plain data");
    ([(CONTENT_TYPE, "application/json")], Extension(log), Body::from(body)).into_response()
}

/// An explanation or, for wrong credentials, the answer of the endpoint itself.
struct Explained;

impl PartialSchema for Explained {
    fn schema() -> RefOr<Schema> {
        let [explanation, reply] = [Explanation::name(), PhoneManageReply::name()];
        AnyOfBuilder::new()
            .item(Ref::from_schema_name(explanation))
            .item(Ref::from_schema_name(reply))
            .into()
    }
}

impl ToSchema for Explained {
    fn name() -> Cow<'static, str> {
        "PhoneManageExplained".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Explanation::name().into_owned(), Explanation::schema()));
        Explanation::schemas(schemas);
    }
}

/// The answer that a command would get, and what it would change.
async fn preview(
    service: &Service,
    access: Access,
    (action, command): (Action, Command),
    key: Option<Key>,
    changes: &mut Vec<WouldChange>,
) -> Answer {
    if let Some((key, request_sha256)) = key {
        match service.replay(&access.tenant, key, request_sha256).await {
            Ok(None) => {}
            Ok(Some(record)) => return idempotency::recorded(action, &record),
            Err(failure) => return commands::failed(action, failure),
        }
    }
    let outcome = service.preview(&access.tenant, command).await;
    if let Ok(outcome) = &outcome {
        *changes = service.read_skills(&access.tenant, |skills| {
            outcome.changed.iter().filter_map(|change| would_change(change, skills)).collect()
        });
    }
    commands::answer(action, outcome)
}

/// Whether the endpoint's own answer is sent, without an explanation: for wrong credentials, over
/// the rate limit, and while the store does not respond.
fn is_sent_unexplained(answer: &Answer) -> bool {
    // An answer without an account comes from check 1, which is explained, or from check 2.
    let is_about_the_request = check_of(answer, None) == Some(1);
    let unexplained = [Reply::MAX_LIMIT_EXCEEDED, Reply::UNAVAILABLE, Reply::OUTCOME_UNKNOWN];
    (answer.account.is_none() && !is_about_the_request) || unexplained.contains(&answer.reply)
}

fn checks(answer: &Answer, action: Option<Action>) -> Vec<Check> {
    let failed = check_of(answer, action);
    // A replay ends the checks after check 7.
    let reached = if answer.is_replayed { 7 } else { failed.unwrap_or(u32::MAX) };
    let check = |(number, (about, actions)): (u32, &(&'static str, &[Action]))| {
        let is_for_it = action.is_none_or(|action| actions.contains(&action));
        let state = match () {
            () if failed == Some(number) => CheckState::Failed,
            () if !is_for_it => CheckState::NotForThisAction,
            () if number <= reached => CheckState::Passed,
            () => CheckState::NotReached,
        };
        let reason = answer.reason.clone().filter(|_| failed == Some(number));
        Check { number, about, state, reason }
    };
    (1..).zip(&CHECKS).map(check).collect()
}

/// The number of the check that fails with that answer, if one does. A wrong method fails check 1,
/// or check 3 if the action is known.
fn check_of(answer: &Answer, action: Option<Action>) -> Option<u32> {
    if answer.allow.is_some() && action.is_none() {
        return Some(1);
    }
    answer.reply.check.map(u32::from)
}

fn would_change(change: &Change, skills: &Skills) -> Option<WouldChange> {
    let Change::Phone { id, before, after } = change else { return None };
    let changed = |phone: &Phone| {
        let listed = ListedPhone::of(*id, phone, skills);
        ChangedPhone {
            phone_number: listed.number.to_string(),
            phone_name: listed.name.to_string(),
            skills: listed.skills.iter().map(|(name, _)| name.to_string()).collect(),
        }
    };
    let (before, after) = (before.as_ref().map(changed), after.as_ref().map(changed));
    Some(WouldChange { change: change.kind().as_str(), before, after })
}
