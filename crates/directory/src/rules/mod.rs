//! The rules: what a command changes, or why it is refused.
//!
//! Each rule of the contract stands here once, for every front end and every store.

mod account;
mod collisions;
mod key;
mod phone;
mod revert;
mod ring;
mod skill;

pub use phone::find_phone;

use collisions::collisions;

use crate::account::View;
use crate::change::Change;
use crate::command::{Command, Row, SaveMode};
use crate::decision::Decision;
use crate::limits::ROW_FAULTS_MAX;
use crate::refusal::{Refusal, RowFault};

/// Decides a command against a view. To decide another command against the same view, stage the
/// changes of this one first.
pub fn decide(view: &View<'_>, command: &Command) -> Result<Decision, Refusal> {
    if view.is_deleted() {
        return Err(Refusal::NoSuchAccount);
    }
    match command {
        Command::CreatePhone { number, name, skills } => phone::create(view, *number, name, skills),
        Command::EditPhone { phone, number_new, name_new, skills } => {
            let (number, name) = (*number_new, name_new.as_ref());
            phone::edit(view, phone, phone::Fields { number, name, skills })
        }
        Command::UpsertPhone { id, number, name, skills, trusts_id } => {
            let fields = phone::Fields { number: *number, name: name.as_ref(), skills };
            phone::upsert(view, *id, fields, *trusts_id)
        }
        Command::DeletePhone { phone } => phone::delete(view, phone),
        Command::Several { rows, mode } => Ok(several(view, rows, *mode)),
        Command::CreateSkills { names } => skill::create(view, names),
        Command::RenameSkill { name, name_new } => skill::rename(view, name, name_new),
        Command::DeleteSkills { names, if_assigned } => skill::delete(view, names, *if_assigned),
        Command::OrderSkill { name, order, expected_version } => {
            ring::order(view, name, order, *expected_version)
        }
        Command::EditProfile(edit) => Ok(account::edit(view, edit)),
        Command::CreateKey(new) => key::create(view, new),
        Command::EditKey { id, name, expires_us } => {
            key::edit(view, *id, name.as_ref(), *expires_us)
        }
        Command::RotateKey { id, sha256, now_us, old_expires_us } => {
            key::rotate(view, *id, *sha256, *now_us, *old_expires_us)
        }
        Command::DeleteKey { id } => key::delete(view, *id),
        Command::Revert { changes, mode } => revert::revert(view, changes, *mode),
        Command::IssueToken { issued } => account::issue_token(view, issued),
        Command::DeleteAccount => Ok(vec![Change::AccountDeleted].into()),
        Command::Expecting { settings_version, .. }
            if *settings_version != view.counters().settings_version =>
        {
            Err(Refusal::Changed)
        }
        Command::Expecting { command, .. } => decide(view, command),
    }
}

/// Decides every row, so that all faults are reported at once. Where all rows are saved or none, two
/// phones can exchange their numbers or names: only the end counts.
fn several(view: &View<'_>, rows: &[Row], mode: SaveMode) -> Decision {
    // Rows can collide with one another, so each is staged, in a nested view.
    let mut staged = match mode {
        SaveMode::GoodRows => view.nested(),
        SaveMode::AllOrNothing | SaveMode::Nothing => view.nested_whole(),
    };
    staged.reserve(rows.len());
    let mut decided = Decision {
        changes: Vec::with_capacity(rows.len()),
        row_changes: Vec::with_capacity(rows.len()),
        ..Decision::default()
    };
    for row in rows {
        let mut count = 0;
        match decide_row(&staged, &row.command) {
            Ok(changes) => {
                for change in &changes {
                    staged.stage(change);
                }
                count = u32::try_from(changes.len()).unwrap_or(u32::MAX);
                decided.changes.extend(changes);
            }
            Err(refusal) => {
                let refusal = refusal.shortened(ROW_FAULTS_MAX);
                decided.row_faults.push(RowFault { line: row.line, refusal });
            }
        }
        decided.row_changes.push(count);
    }
    let lines = rows.iter().zip(&decided.row_changes);
    let lines = lines.flat_map(|(row, count)| std::iter::repeat_n(row.line, *count as usize));
    let collisions = collisions(view, &staged, lines.zip(&decided.changes));
    if !collisions.is_empty() {
        decided.row_faults.extend(collisions);
        decided.row_faults.sort_by_key(|fault| fault.line);
    }
    let is_saved = match mode {
        SaveMode::GoodRows => true,
        SaveMode::AllOrNothing => decided.row_faults.is_empty(),
        SaveMode::Nothing => false,
    };
    if !is_saved {
        decided.changes.clear();
        decided.row_changes.clear();
    }
    decided
}

/// A fault in the skills refuses the row even if its command is not strict: the result of a row
/// cannot report that a phone was saved without its skills.
fn decide_row(view: &View<'_>, command: &Command) -> Result<Vec<Change>, Refusal> {
    debug_assert!(!matches!(command, Command::Several { .. }), "several within several");
    let Decision { changes, skill_fault, .. } = decide(view, command)?;
    match skill_fault {
        Some(fault) => Err(Refusal::Skills(fault)),
        None => Ok(changes),
    }
}
