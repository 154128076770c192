//! `POST /v1/changes/{id}/revert`

use axum::body::Body;
use axum::http::Response;
use directory::{Command, Obstacle, Refusal, Skills};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::change::{Change, Fields, Subject};
use super::item::number;
use crate::http::api::access::{Caller, Full};
use crate::http::api::body::JsonBytes;
use crate::http::api::code::Code;
use crate::http::api::field::{Fault, Faults, Field, FromValue, Others};
use crate::http::api::path::Path;
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::reply::Reply;
use crate::http::api::trial::OrDryRun;
use crate::http::api::write::{Write, WriteParameters};
use crate::service::{Failure, Outcome, RevertScope};

/// The member of a problem that names what stands in the way.
const BLOCKED_BY: &str = "blocked_by";

/// Changes that are named: the last ones tell most.
const BLOCKED_BY_MAX: usize = 10;

/// What is to be taken back
#[derive(Deserialize, ToSchema)]
pub struct Revert {
    /// `change`, which holds if it is absent, is this one; `request` all that was done in its
    /// request, such as an import
    #[serde(default)]
    #[schema(value_type = Option<What>)]
    what: Field<RevertScope>,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code)] // It describes `RevertScope`.
enum What {
    Change,
    Request,
}

impl FromValue for RevertScope {
    fn from_value(value: &Value) -> Result<Self, Fault> {
        match value.as_str() {
            Some("change") => Ok(Self::Change),
            Some("request") => Ok(Self::Request),
            _ => Err("must be change or request".into()),
        }
    }
}

/// What was taken back
#[derive(Serialize, ToSchema)]
pub struct Reverted {
    /// In the order in which it was done: what was changed last is taken back first. Phones that
    /// make room in a ring order for one that is back come at the end
    changes: Vec<Undone>,
}

/// A change that takes another one back
#[derive(Serialize, ToSchema)]
pub struct Undone {
    /// Its own id; absent in a trial
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// The id of the change that it takes back; absent where a phone only makes room
    #[serde(skip_serializing_if = "Option::is_none")]
    reverts: Option<u64>,
    /// What kind of change it is itself
    #[schema(example = "edit")]
    kind: &'static str,
    #[serde(flatten)]
    subject: Subject,
    /// What it is from now on, all of it; `null` where it does not exist any more
    after: Option<Fields>,
}

/// Revert a change
///
/// What it changed is as it was before, all of it or nothing. What was changed since and is not
/// touched by it stays; where something newer stands in the way, it is refused.
#[utoipa::path(
    post, path = "/v1/changes/{id}/revert", tag = "changes", request_body = Revert,
    params(("id" = u64, Path, description = "The id of the change"), WriteParameters),
    responses(
        (status = 200, description = "What was taken back; with dry_run, what would be",
         body = OrDryRun<Reverted>),
        Problems
    ),
    security(("account" = []))
)]
pub async fn revert(
    caller: Caller<Full>,
    Path(id): Path<String>,
    write: Write,
    body: JsonBytes,
) -> Result<Response<Body>, Problem> {
    if let Some(replayed) = write.replayed(&caller, &body.0).await? {
        return Ok(replayed);
    }
    let what = body.parse::<Revert>()?.what()?;
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let command = match service.revert(tenant, number(&id)?, what).await {
        Ok(command) => command,
        Err(failure) => return write.refuse(&caller, &body.0, failure.into()).await,
    };
    let reverts = versions(&command);
    let is_trial = write.is_dry_run();
    // Looked at beforehand, as who decides cannot ask the history.
    let told = blocked_by(&caller, command.clone()).await?;
    let told = told.map(|changes| (BLOCKED_BY, changes)).into_iter().collect();
    let render = move |outcome: &Outcome, skills: &Skills| {
        Reply::ok(&Reverted::new(&reverts, outcome, skills, is_trial))
    };
    let write = write.telling(told);
    match write.carry_out(&caller, &body.0, command.clone(), render).await {
        // It came in between.
        Err(problem) if problem.code == Code::Blocked && !problem.more.contains_key(BLOCKED_BY) => {
            let changes = blocked_by(&caller, command).await?;
            Err(problem.with(BLOCKED_BY, changes.unwrap_or_else(|| Value::Array(Vec::new()))))
        }
        done => done,
    }
}

impl Revert {
    fn what(self) -> Result<RevertScope, Problem> {
        let mut faults = Faults::of(&self.others);
        let what = faults.optional("what", self.what);
        Ok(faults.checked(Some(what.unwrap_or(RevertScope::Change)))?)
    }
}

/// The changes that a command takes back.
fn versions(command: &Command) -> Vec<u64> {
    match command {
        Command::Revert { changes, .. } => changes.iter().map(|change| change.version).collect(),
        _ => Vec::new(),
    }
}

/// The changes that stand in the way of a revert now, if any do.
async fn blocked_by(caller: &Caller<Full>, command: Command) -> Result<Option<Value>, Problem> {
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let (version, why): (u64, Box<Obstacle>) = match service.preview(tenant, command).await {
        Err(Failure::Refused(Refusal::Blocked { version, why })) => (version, why),
        // What else there is to tell is told by who carries it out.
        _ => return Ok(None),
    };
    let changes = service.obstructing_changes(tenant, version, &why, BLOCKED_BY_MAX).await?;
    Ok(Some(serde_json::to_value(Change::all(changes)).expect("it is plain data")))
}

impl Reverted {
    fn new(reverts: &[u64], outcome: &Outcome, skills: &Skills, is_trial: bool) -> Self {
        // The changes of a command have the versions that lead to the one after it.
        let first = outcome.version.saturating_sub(outcome.changed.len() as u64) + 1;
        let undone = |(index, (id, change)): (usize, (u64, &directory::Change))| Undone {
            id: (!is_trial).then_some(id),
            reverts: reverts.get(index).copied(),
            kind: change.kind().as_str(),
            subject: Subject::of_change(change),
            after: after(change, skills),
        };
        let changed = (first..).zip(&outcome.changed).enumerate();
        Self { changes: changed.map(undone).collect() }
    }
}

fn after(change: &directory::Change, skills: &Skills) -> Option<Fields> {
    use directory::Change;
    match change {
        Change::Phone { after, .. } => after.as_ref().map(|phone| Fields::of_phone(phone, skills)),
        Change::Skill { after, .. } => after.as_ref().map(Fields::of_skill),
        Change::Profile { after, .. } => Some(Fields::of_account(after)),
        // None of these takes anything back.
        Change::Key { .. } | Change::Token { .. } | Change::AccountDeleted => None,
    }
}
