//! Many commands, each decided after the ones before it.

use std::collections::HashMap;

use super::collisions::collisions;
use super::decide_one;
use crate::account::View;
use crate::change::Change;
use crate::command::{Command, Row, SaveMode};
use crate::decision::Decision;
use crate::limits::ROW_FAULTS_MAX;
use crate::refusal::{Refusal, RowFault};
use crate::value::{Phone, PhoneId};

/// Decides every row, so that all faults are reported at once. Where all rows are saved or none, two
/// phones can exchange their numbers or names: only the end counts.
pub(super) fn several(view: &View<'_>, rows: &[Row], mode: SaveMode) -> Decision {
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
        match decide_row(&staged, row) {
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
    let changes = lines.zip(&decided.changes);
    let collisions = collisions(view, &staged, changes.clone());
    if !collisions.is_empty() {
        decided.row_faults.extend(collisions);
        decided.row_faults.sort_by_key(|fault| fault.line);
    }
    name_lines(&mut decided.row_faults, changes);
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
fn decide_row(view: &View<'_>, row: &Row) -> Result<Vec<Change>, Refusal> {
    debug_assert!(!matches!(row.command, Command::Several { .. }), "several within several");
    let Decision { changes, skill_fault, .. } = decide_one(view, &row.command)?;
    if let Some(fault) = skill_fault {
        return Err(Refusal::Skills(fault));
    }
    if row.may_be_cut {
        changes.iter().try_for_each(|change| check_whole(view, change))?;
    }
    Ok(changes)
}

/// Refuses a number that lacks its beginning, as it seems: a spreadsheet takes a `+` and zeros for
/// those of a quantity. The phone itself has them, or another phone has the number with a `+`.
fn check_whole(view: &View<'_>, change: &Change) -> Result<(), Refusal> {
    let Change::Phone { id, before, after: Some(Phone { number, .. }) } = change else {
        return Ok(());
    };
    let own = before.as_ref().map(|before| before.number);
    if own == Some(*number) {
        return Ok(());
    }
    let own = own.filter(|own| number.is_rest_of(*own)).map(|own| (*id, own));
    let others = || {
        let (other, phone) = view.by_number(number.with_plus()?)?;
        Some((other, phone.number)).filter(|_| other != *id)
    };
    match own.or_else(others) {
        Some((id, whole)) => Err(Refusal::NumberCut { number: *number, whole, id }),
        None => Ok(()),
    }
}

/// Tells of each number and name that is taken which row has given it to its holder, if one has.
fn name_lines<'c>(faults: &mut [RowFault], changes: impl Iterator<Item = (u64, &'c Change)>) {
    let refusals = faults.iter_mut().flat_map(|fault| match &mut fault.refusal {
        Refusal::Several(all) => all.as_mut_slice(),
        one => std::slice::from_mut(one),
    });
    let is_taken = |refusal: &&mut Refusal| {
        matches!(refusal, Refusal::NumberTaken { .. } | Refusal::NameTaken { .. })
    };
    let mut taken = refusals.filter(is_taken).peekable();
    if taken.peek().is_none() {
        return;
    }
    let mut of_phones = HashMap::<_, Vec<_>>::new();
    for (line, change) in changes {
        if let Change::Phone { id, before, after: Some(after) } = change {
            of_phones.entry(*id).or_default().push((line, before.as_ref(), after));
        }
    }
    // The first row that gave the phone what it has there.
    let given_by = |id: PhoneId, has: &dyn Fn(&Phone) -> bool| {
        let mut changes = of_phones.get(&id)?.iter();
        let (line, ..) =
            changes.find(|(_, before, after)| has(after) && !before.is_some_and(has))?;
        Some(*line)
    };
    for refusal in taken {
        match refusal {
            Refusal::NumberTaken { number, id, line, .. } => {
                *line = given_by(*id, &|phone| phone.number == *number);
            }
            Refusal::NameTaken { name, id, line, .. } => {
                *line = given_by(*id, &|phone| phone.name.matches(name.as_str()));
            }
            _ => {}
        }
    }
}
