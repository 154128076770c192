//! The rules: what a command changes, or why it is refused.
//!
//! Each rule of the contract stands here once, for every front end and every store.

mod account;
mod collisions;
mod hints;
mod key;
mod phone;
mod revert;
mod ring;
mod routing;
mod several;
mod skill;

pub use phone::find_phone;
pub use routing::find_subject;

use crate::account::View;
use crate::change::Change;
use crate::command::Command;
use crate::decision::Decision;
use crate::refusal::Refusal;
use several::several;

/// Decides a command against a view. To decide another command against the same view, stage the
/// changes of this one first.
pub fn decide(view: &View<'_>, command: &Command) -> Result<Decision, Refusal> {
    let mut decided = decide_one(view, command);
    hints::add(view.skills(), &mut decided);
    decided
}

fn decide_one(view: &View<'_>, command: &Command) -> Result<Decision, Refusal> {
    if view.is_deleted() {
        return Err(Refusal::NoSuchAccount);
    }
    match command {
        Command::CreatePhone { number, name, skills } => phone::create(view, *number, name, skills),
        Command::EditPhone { phone, number_new, name_new, skills } => {
            let (number, name) = (*number_new, name_new.as_ref());
            let edited = phone::edit(view, phone, phone::Fields { number, name, skills })?;
            Ok(routing::with_removals(view, edited))
        }
        Command::UpsertPhone { id, number, name, skills, trusts_id } => {
            let fields = phone::Fields { number: *number, name: name.as_ref(), skills };
            let edited = phone::upsert(view, *id, fields, *trusts_id)?;
            Ok(routing::with_removals(view, edited))
        }
        Command::DeletePhone { phone } => {
            Ok(routing::with_removals(view, phone::delete(view, phone)?))
        }
        Command::Several { rows, mode } => Ok(several(view, rows, *mode)),
        Command::CreateSkills { names } => skill::create(view, names),
        Command::RenameSkill { name, name_new } => skill::rename(view, name, name_new),
        Command::DeleteSkills { names, if_assigned } => {
            let deleted = skill::delete(view, names, *if_assigned)?;
            Ok(routing::with_removals(view, deleted))
        }
        Command::OrderSkill { name, order, expected_version } => {
            ring::order(view, name, order, *expected_version)
        }
        Command::EditRouting { of, edits, expected_version } => {
            routing::edit(view, of, edits, *expected_version)
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
        Command::DeleteAccount => {
            Ok(vec![Change::AccountDeleted(view.profile().user_name.clone())].into())
        }
        Command::Expecting { settings_version, .. }
            if *settings_version != view.counters().settings_version =>
        {
            Err(Refusal::Changed)
        }
        Command::Expecting { command, .. } => decide_one(view, command),
    }
}
