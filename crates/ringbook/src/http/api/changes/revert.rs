//! `POST /v1/changes/{change}/revert`

use directory::limits::BLOCKED_NAMED_MAX;
use directory::{ChangeId, Command, Refusal, RowFault, SaveMode};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::change::Change;
use crate::http::api::choice::{Choice, choice_schema};
use crate::http::api::code::Code;
use crate::http::api::prelude::*;
use crate::service::{Failure, HistoricChange, Outcome, RevertScope};
use crate::store::{ImportId, Origin};

/// The member of a problem with the changes that block the revert.
const BLOCKED_BY: &str = "blocked_by";

/// How many changes it has at most: the newest ones.
const BLOCKED_BY_MAX: usize = 10;

body! {
    /// What is to be taken back
    pub struct Revert {
        #[schema(value_type = What, required = false)]
        what: optional RevertScope,
        #[schema(value_type = RevertMode, required = false)]
        mode: optional SaveMode,
    }
}

choice_schema! {
    /// `change`, as if absent, is this one; `request` all that was done in its request; `import` all
    /// parts of its import or bulk request, and what resumed it
    pub What for RevertScope
}

choice_schema! {
    /// `all_or_nothing`, as if absent: all of it, or nothing if something newer stands in the way of a
    /// change. `keep_going`: what can be taken back
    pub RevertMode for SaveMode
}

impl Choice for RevertScope {
    fn choices() -> Vec<(&'static str, Self)> {
        vec![("change", Self::Change), ("request", Self::Request), ("import", Self::Import)]
    }
}

/// What was taken back
#[derive(Serialize, ToSchema)]
pub struct Reverted {
    /// The changes that took it back, in the order in which they were made: what was changed last is
    /// taken back first. Changes of phones that make room in a ring order come at the end
    items: Vec<Change>,
    /// How many changes are left as they are: none, unless the mode is `keep_going`
    blocked_count: usize,
    /// The newest ten of these
    blocked: Vec<Left>,
}

/// A change that is not taken back
#[derive(Serialize, ToSchema)]
#[schema(as = BlockedChange)]
pub struct Left {
    /// Its id
    #[schema(example = "c17")]
    change: String,
    /// Why not
    detail: String,
}

/// Revert a change
///
/// What it changed is as it was before, all of it or nothing. What was changed since and is not
/// touched by it stays; where something newer stands in the way, it is refused, unless the mode is
/// `keep_going`.
#[utoipa::path(
    post, path = "/v1/changes/{change}/revert", tag = "changes", request_body = Revert,
    params(("change" = String, Path, description = "The id of the change")),
    responses((status = 200, description = "What was taken back", body = Reverted))
)]
pub async fn revert(caller: Caller<Full>, id: Path, write: Write, body: Json) -> Answer {
    let find = async {
        let (what, mode) = body.read::<Revert>()?;
        let what = what.unwrap_or(RevertScope::Change);
        let mode = mode.unwrap_or(SaveMode::AllOrNothing);
        let ChangeId(version) = id.id(Code::NoSuchChange)?;
        let found = caller.service.revert(&caller.access.tenant, version, what, mode).await;
        found.map_err(|failure| Problem::from(failure).named_at("/what", Code::NoSuchImport))
    };
    take_back(&caller, write, &body, find).await
}

/// Carries out the revert that is found, of this import if it is one, or answers why there is none.
pub async fn take_back(
    caller: &Caller<Full>,
    write: Write,
    body: &Json,
    find: impl Future<Output = Result<(Command, Option<ImportId>), Problem>>,
) -> Answer {
    let (origin, is_dry_run) = (caller.origin(), write.is_dry_run);
    let mut reverted = None;
    let prepare = async {
        let (command, import) = find.await?;
        // Looked up beforehand, as the rules cannot read the history.
        let blocked_by = find_blocking(caller, command.clone()).await?;
        reverted = Some(command.clone());
        let prepared = Prepared::new(command, move |outcome, _| {
            Reply::ok(&Reverted::new(outcome, &origin, is_dry_run))
        });
        Ok(prepared.reverting(import, blocked_by.map(|changes| (BLOCKED_BY, changes))))
    };
    match (write.prepare_and_carry_out(caller.actor(), &body.0, prepare).await, reverted) {
        // A change came in between.
        (Err(problem), Some(command))
            if problem.code == Code::Blocked && !problem.more.contains_key(BLOCKED_BY) =>
        {
            let changes = find_blocking(caller, command).await?;
            Err(problem.with(BLOCKED_BY, changes.unwrap_or_else(|| Value::Array(Vec::new()))))
        }
        (done, _) => done,
    }
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
    fn new(outcome: &Outcome, origin: &Origin, is_dry_run: bool) -> Self {
        let blocked = outcome.row_faults.iter().take(BLOCKED_NAMED_MAX);
        let left = |fault: &RowFault| Left {
            change: ChangeId(fault.line).to_string(),
            detail: match &fault.refusal {
                Refusal::Blocked { changes, .. } => changes[0].why.to_string(),
                other => other.to_string(),
            },
        };
        let items = HistoricChange::made(outcome, origin, is_dry_run);
        Self {
            items: items.into_iter().map(Change::from).collect(),
            blocked_count: outcome.row_faults.len(),
            blocked: blocked.map(left).collect(),
        }
    }
}
