//! `POST /v1/changes/{id}/revert`

use std::collections::HashSet;

use directory::limits::BLOCKED_NAMED_MAX;
use directory::{Command, Refusal, RowFault, SaveMode, Skills};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::change::{Change, Fields, Subject};
use super::item::number;
use crate::http::api::choice::{Choice, choice_schema};
use crate::http::api::code::Code;
use crate::http::api::prelude::*;
use crate::service::{Failure, Outcome, RevertScope};

/// The member of a problem with the changes that block the revert.
const BLOCKED_BY: &str = "blocked_by";

/// How many changes it has at most: the newest ones.
const BLOCKED_BY_MAX: usize = 10;

body! {
    /// What is to be taken back
    pub struct Revert {
        /// `change`, which holds if it is absent, is this one; `request` all that was done in its
        /// request; `import` all parts of its import or bulk request, and what resumed it
        #[schema(value_type = Option<What>)]
        what: Field<RevertScope>,
        /// `all_or_nothing`, as if absent: all of it, or nothing if something newer stands in the way
        /// of a change. `keep_going`: what can be taken back
        #[schema(value_type = Option<String>, example = "keep_going")]
        mode: Field<SaveMode>,
    }
}

choice_schema! {
    /// What is reverted
    pub What for RevertScope
}

impl Choice for RevertScope {
    fn choices() -> Vec<(&'static str, Self)> {
        vec![("change", Self::Change), ("request", Self::Request), ("import", Self::Import)]
    }
}

/// What was taken back
#[derive(Serialize, ToSchema)]
pub struct Reverted {
    /// In the order in which it was done: what was changed last is taken back first. Phones that
    /// make room in a ring order for one that is back come at the end
    changes: Vec<Undone>,
    /// With `keep_going`, how many changes are left as they are
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_count: Option<usize>,
    /// The newest ten of these
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<Vec<Left>>,
}

/// A change that is not taken back
#[derive(Serialize, ToSchema)]
pub struct Left {
    /// Its id
    change: u64,
    /// Why not
    detail: String,
}

/// A change that takes another one back
#[derive(Serialize, ToSchema)]
pub struct Undone {
    /// Its own id; absent in a dry run
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
/// touched by it stays; where something newer stands in the way, it is refused, unless the mode is
/// `keep_going`.
#[utoipa::path(
    post, path = "/v1/changes/{id}/revert", tag = "changes", request_body = Revert,
    params(("id" = u64, Path, description = "The id of the change"), Write),
    responses(
        (status = 200, description = "What was taken back; with dry_run, what would be",
         body = OrDryRun<Reverted>)
    )
)]
pub async fn revert(
    caller: Caller<Full>,
    Path(id): Path<String>,
    mut write: Write,
    body: JsonBytes,
) -> Answer {
    if let Some(replayed) = write.replay(caller.actor(), &body.0).await? {
        return Ok(replayed);
    }
    let Revert { what, mode, others } = body.parse()?;
    let mut faults = Faults::of(&others);
    let what = faults.optional("what", what).unwrap_or(RevertScope::Change);
    let mode = faults.optional("mode", mode).unwrap_or(SaveMode::AllOrNothing);
    let (what, mode) = faults.checked(Some((what, mode)))?;
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let command = match service.revert(tenant, number(&id)?, what, mode).await {
        Ok(command) => command,
        Err(failure) => return write.refuse(caller.actor(), &body.0, failure.into()).await,
    };
    // Looked up beforehand, as the rules cannot read the history.
    let blocked_by = find_blocking(&caller, command.clone()).await?;
    write.refusals.members.extend(blocked_by.map(|changes| (BLOCKED_BY, changes)));
    let prepared = prepare(command.clone(), write.is_dry_run);
    match write.carry_out(caller.actor(), &body.0, prepared).await {
        // A change came in between.
        Err(problem) if problem.code == Code::Blocked && !problem.more.contains_key(BLOCKED_BY) => {
            let changes = find_blocking(&caller, command).await?;
            Err(problem.with(BLOCKED_BY, changes.unwrap_or_else(|| Value::Array(Vec::new()))))
        }
        done => done,
    }
}

fn prepare(command: Command, is_dry_run: bool) -> Prepared {
    let reverts = versions(&command);
    Prepared::new(command, move |outcome, skills| {
        Reply::ok(&Reverted::new(&reverts, outcome, skills, is_dry_run))
    })
}

/// The versions of the changes that a command reverts.
fn versions(command: &Command) -> Vec<u64> {
    match command {
        Command::Revert { changes, .. } => changes.iter().map(|change| change.version).collect(),
        _ => Vec::new(),
    }
}

/// The changes that block a revert now, if any do.
async fn find_blocking(caller: &Caller<Full>, command: Command) -> Result<Option<Value>, Problem> {
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let reverted = versions(&command).into_iter().collect();
    let previewed = service.preview(tenant, command).await;
    // Other failures are answered where the command is carried out.
    let Err(Failure::Refused(Refusal::Blocked { changes: blocked, .. })) = previewed else {
        return Ok(None);
    };
    let changes = service.obstructing_changes(tenant, &blocked, &reverted, BLOCKED_BY_MAX).await?;
    Ok(Some(serde_json::to_value(Change::all(changes)).expect("it is plain data")))
}

impl Reverted {
    fn new(reverts: &[u64], outcome: &Outcome, skills: &Skills, is_dry_run: bool) -> Self {
        // The changes of a command have the versions that lead to the one after it.
        let first = outcome.version.saturating_sub(outcome.changed.len() as u64) + 1;
        let left: HashSet<_> = outcome.row_faults.iter().map(|fault| fault.line).collect();
        let reverts: Vec<_> = reverts.iter().filter(|version| !left.contains(version)).collect();
        let undone = |(index, (id, change)): (usize, (u64, &directory::Change))| Undone {
            id: (!is_dry_run).then_some(id),
            reverts: reverts.get(index).map(|version| **version),
            kind: change.kind().as_str(),
            subject: Subject::of_change(change),
            after: Fields::after(change, skills),
        };
        let changed = (first..).zip(&outcome.changed).enumerate();
        let has_left = !left.is_empty();
        let named = outcome.row_faults.iter().take(BLOCKED_NAMED_MAX);
        let left_one = |fault: &RowFault| Left {
            change: fault.line,
            detail: match &fault.refusal {
                Refusal::Blocked { changes, .. } => changes[0].why.to_string(),
                other => other.to_string(),
            },
        };
        Self {
            changes: changed.map(undone).collect(),
            blocked_count: has_left.then_some(left.len()),
            blocked: has_left.then(|| named.map(left_one).collect()),
        }
    }
}
