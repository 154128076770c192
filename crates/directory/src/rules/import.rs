//! Many phones at once: each row is created as by itself, decided against the rows before it.

use std::collections::HashMap;

use super::{Decision, Refusal, RowFault, SkillFault};
use crate::account::View;
use crate::command::{ImportRow, ImportSaves, SkillEdit};
use crate::value::SkillName;

/// Decides every row, so that all the bad ones are told at once.
pub(super) fn import(view: &View<'_>, rows: &[ImportRow], saves: ImportSaves) -> Decision {
    // Rows collide with one another as well, so each is staged: in a view of its own.
    let mut trial = view.clone();
    trial.reserve(rows.len());
    let mut changes = Vec::with_capacity(rows.len());
    let mut row_faults = Vec::new();
    let mut skill_lists = HashMap::new();
    for row in rows {
        let skills = skill_lists.entry(&*row.skills).or_insert_with(|| SkillEdit {
            assign: SkillName::split_list(&row.skills).map(str::to_owned).collect(),
            ..SkillEdit::default()
        });
        match create(&trial, row, skills) {
            Ok(created) => {
                for change in &created {
                    trial.stage(change);
                }
                changes.extend(created);
            }
            Err(refusal) => row_faults.push(RowFault { line: row.line, refusal }),
        }
    }
    let is_saved = match saves {
        ImportSaves::GoodRows => true,
        ImportSaves::AllOrNothing => row_faults.is_empty(),
        ImportSaves::Nothing => false,
    };
    if !is_saved {
        changes.clear();
    }
    Decision { changes, row_faults, ..Decision::default() }
}

/// Unlike a single create, a row with a skill that does not exist is refused: somebody who
/// imports a file can mend it, and a directory half assigned would be found out only in a queue.
fn create(
    view: &View<'_>,
    row: &ImportRow,
    skills: &SkillEdit,
) -> Result<Vec<crate::change::Change>, Refusal> {
    let decision = super::phone::create(view, row.number, &row.name, skills)?;
    match decision.skill_fault {
        Some(SkillFault::NoSuchSkill { name, .. }) => Err(Refusal::NoSuchSkill(name)),
        _ => Ok(decision.changes),
    }
}
