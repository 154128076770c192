//! What PhoneManageV2 would do with a request, and why: the same checks in the same order, by the
//! same functions, and nothing is changed.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response};
use directory::{Change, Command, Phone, PhoneId, Skills};
use serde::Serialize;

use super::answer::Answer;
use super::commands::{self, Action};
use super::reply::{Field, Reply};
use super::{body, gateway, handler, idempotency};
use crate::http::Told;
use crate::http::idempotency::request_sha256;
use crate::service::{Access, ListedPhone, Service};

/// The checks of the contract ("Order of checks"), each in a few words, and the actions that it
/// is for.
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

/// What is told of a request.
#[derive(Serialize)]
struct Explanation {
    checks: Vec<Check>,
    reply: ToldReply,
    /// Whether the reply is one that was given before, by the `Idempotency-Key`.
    #[serde(rename = "isReplayed")]
    is_replayed: bool,
    changes: Vec<ToldChange>,
}

#[derive(Serialize)]
struct Check {
    #[serde(rename = "check")]
    number: usize,
    about: &'static str,
    state: CheckState,
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum CheckState {
    Passed,
    Failed,
    NotReached,
    NotForThisAction,
}

#[derive(Serialize)]
struct ToldReply {
    status: u16,
    /// The exact bytes.
    body: String,
    reason: Option<String>,
}

#[derive(Serialize)]
struct ToldChange {
    change: &'static str,
    before: Option<ToldPhone>,
    after: Option<ToldPhone>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToldPhone {
    phone_number: String,
    phone_name: String,
    skills: Vec<String>,
}

/// What is known of a request so far.
#[derive(Default)]
struct Known {
    action: Option<Action>,
    changes: Vec<ToldChange>,
}

/// Explains a request.
pub async fn handle(State(service): State<Arc<Service>>, request: Request) -> Response<Body> {
    let mut known = Known::default();
    let answer = answer(&service, request, &mut known).await.unwrap_or_else(|refused| refused);
    if is_answered_itself(&answer) {
        return answer.into_response();
    }
    let told = Told { outcome: "explained", account: answer.account };
    let explanation = Explanation {
        checks: checks(&answer, known.action),
        reply: ToldReply {
            status: answer.reply.status().as_u16(),
            body: answer.reply.body(),
            reason: answer.reason,
        },
        is_replayed: matches!(answer.reply, Reply::Kept { .. }),
        changes: known.changes,
    };
    let body = serde_json::to_vec(&explanation).expect("it is plain data");
    let mut response = Response::new(Body::from(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response.extensions_mut().insert(told);
    response
}

/// The answer that the request would get. The order is the one of [`handler::handle`].
async fn answer(service: &Service, request: Request, known: &mut Known) -> Result<Answer, Answer> {
    let (head, content) = request.into_parts();
    handler::method(&head)?;
    let bytes = gateway::read(&head.headers, content).await?;
    let fields = body::parse(&bytes).map_err(|why| Answer::because(Reply::InvalidJson, why))?;
    let access = handler::admit(service, &head, &fields).await?;
    known.action = Action::parse(fields.action.as_ref()).ok();
    let account = access.tenant.id();
    let explained = async {
        let (action, key) = handler::action(&head, &fields)?;
        let Some(command) = commands::command(action, &fields)? else {
            return handler::get(service, &access, &fields).await;
        };
        if let Some(key) = key {
            let request = request_sha256("POST", super::PATH, &bytes);
            let kept = service.replay(&access.tenant, key, request).await;
            let kept = kept.map_err(|failure| commands::failed(action, failure))?;
            if let Some(kept) = kept {
                return Ok(idempotency::replayed(action, &kept));
            }
        }
        preview(service, &access, (action, command), known).await
    };
    Ok(explained.await.unwrap_or_else(|refused| refused).of(account))
}

async fn preview(
    service: &Service,
    access: &Access,
    (action, command): (Action, Command),
    known: &mut Known,
) -> Result<Answer, Answer> {
    let outcome = service.preview(&access.tenant, command).await;
    if let Ok(outcome) = &outcome {
        known.changes = service.read_skills(&access.tenant, |skills| {
            outcome.changed.iter().filter_map(|change| told_change(change, skills)).collect()
        });
    }
    Ok(commands::answer(action, outcome))
}

/// Whoever has no right credentials, or asks too often, learns no more here than there; and a
/// store that does not answer tells nothing.
fn is_answered_itself(answer: &Answer) -> bool {
    let is_about_the_request = check_of(&answer.reply, None) == Some(1);
    (answer.account.is_none() && !is_about_the_request)
        || matches!(
            answer.reply,
            Reply::MaxLimitExceeded { .. } | Reply::Unavailable | Reply::OutcomeUnknown
        )
}

fn checks(answer: &Answer, action: Option<Action>) -> Vec<Check> {
    let failed = check_of(&answer.reply, action);
    // What was answered before was decided before.
    let reached = match &answer.reply {
        Reply::Kept { .. } => 7,
        _ => failed.unwrap_or(CHECKS.len()),
    };
    let check = |(index, (about, actions)): (usize, &(&'static str, &[Action]))| {
        let number = index + 1;
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
    CHECKS.iter().enumerate().map(check).collect()
}

/// The check that fails with that reply, if one does.
fn check_of(reply: &Reply, action: Option<Action>) -> Option<usize> {
    Some(match reply {
        Reply::InvalidJson | Reply::TooLarge | Reply::UnsupportedType => 1,
        Reply::MethodNotAllowed { .. } if action.is_none() => 1,
        Reply::CredentialsNotValid
        | Reply::TokenMissing
        | Reply::ApiKeyMissing
        | Reply::InvalidToken
        | Reply::TokenExpired
        | Reply::MaxLimitExceeded { .. } => 2,
        Reply::ActionNotValid | Reply::MethodNotAllowed { .. } | Reply::KeyNotValid => 3,
        Reply::Empty(Field::PhoneNumber) | Reply::NotNumeric(Field::PhoneNumber) => 4,
        Reply::Empty(Field::PhoneName) => 5,
        Reply::Empty(Field::PhoneNumberNew) | Reply::NotNumeric(_) | Reply::NumberLength(_) => 6,
        Reply::Empty(Field::PhoneNameNew) | Reply::NameCharacters(_) => 7,
        Reply::KeyReused | Reply::NoSuchRecord => 8,
        Reply::Taken => 9,
        Reply::LimitExceeded => 10,
        Reply::DoneSkillsNot => 11,
        // It was done, the store does not answer, or it is of the other endpoint.
        Reply::Done
        | Reply::Found { .. }
        | Reply::Kept { .. }
        | Reply::Unavailable
        | Reply::OutcomeUnknown
        | Reply::Token(_)
        | Reply::UserNameIsNull
        | Reply::TokenCredentialsNotValid => return None,
    })
}

fn told_change(change: &Change, skills: &Skills) -> Option<ToldChange> {
    let Change::Phone { id, before, after } = change else { return None };
    let told = |phone: &Option<Phone>| phone.as_ref().map(|phone| told_phone(*id, phone, skills));
    let (before, after) = (told(before), told(after));
    Some(ToldChange { change: change.kind().as_str(), before, after })
}

fn told_phone(id: PhoneId, phone: &Phone, skills: &Skills) -> ToldPhone {
    let listed = ListedPhone::of(id, phone, skills);
    ToldPhone {
        phone_number: listed.number.to_string(),
        phone_name: listed.name.to_string(),
        skills: listed.skills.iter().map(ToString::to_string).collect(),
    }
}
