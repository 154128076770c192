//! Several commands at once: each is decided as by itself, against the ones before it.

use super::{Decision, Refusal, RowFault};
use crate::account::View;
use crate::change::Change;
use crate::command::{Command, Row, Saves};

/// Decides every row, so that all the bad ones are told at once.
pub(super) fn decide(view: &View<'_>, rows: &[Row], saves: Saves) -> Decision {
    // Rows collide with one another as well, so each is staged: in a view of its own.
    let mut trial = view.on_trial();
    trial.reserve(rows.len());
    let mut decided = Decision {
        changes: Vec::with_capacity(rows.len()),
        row_changes: Vec::with_capacity(rows.len()),
        ..Decision::default()
    };
    for row in rows {
        let mut count = 0;
        match decide_row(&trial, &row.command) {
            Ok(changes) => {
                for change in &changes {
                    trial.stage(change);
                }
                count = u32::try_from(changes.len()).unwrap_or(u32::MAX);
                decided.changes.extend(changes);
            }
            Err(refusal) => decided.row_faults.push(RowFault { line: row.line, refusal }),
        }
        decided.row_changes.push(count);
    }
    let is_saved = match saves {
        Saves::GoodRows => true,
        Saves::AllOrNothing => decided.row_faults.is_empty(),
        Saves::Nothing => false,
    };
    if !is_saved {
        decided.changes.clear();
        decided.row_changes.clear();
    }
    decided
}

/// A fault in the skills refuses the row even if its command is not strict: there is nowhere to
/// tell it, and what is not told is not mended.
fn decide_row(view: &View<'_>, command: &Command) -> Result<Vec<Change>, Refusal> {
    debug_assert!(!matches!(command, Command::Several { .. }), "several within several");
    let Decision { changes, skill_fault, .. } = super::decide(view, command)?;
    match skill_fault {
        Some(fault) => Err(Refusal::Skills(fault)),
        None => Ok(changes),
    }
}
