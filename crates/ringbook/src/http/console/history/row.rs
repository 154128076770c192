//! Changes as lists of them show them.

use super::{PATH, at};
use crate::change::{Change, Difference, Skill, kind_words};
use crate::http::console::fields::Fields;
use crate::http::console::page::Frame;
use crate::time;
use crate::words::capitalized;

/// A change in a list.
pub struct Row {
    pub change: Change,
    pub difference: Difference,
    /// How much can be taken back: nothing, the `change`, or all of its `request` or `import` as well.
    pub undo: &'static [&'static str],
}

/// The rows for changes that are shown together.
pub fn rows(frame: &Frame, changes: Vec<Change>) -> Vec<Row> {
    let undo = |change: &Change| -> &'static [&'static str] {
        let is_of_same = |other: &Change| other.request == change.request && other.id != change.id;
        match change {
            change if !frame.can_write || !is_revertible(change) => &[],
            Change { import: Some(_), .. } => &["change", "import"],
            _ if changes.iter().any(is_of_same) => &["change", "request"],
            _ => &["change"],
        }
    };
    let undos: Vec<_> = changes.iter().map(undo).collect();
    let rows = changes.into_iter().zip(undos);
    rows.map(|(change, undo)| Row { difference: change.difference(), change, undo }).collect()
}

/// Whether a change of this kind can be taken back at all.
fn is_revertible(change: &Change) -> bool {
    let Change { kind, .. } = change;
    let is_of_directory = ["phone.", "skill."].iter().any(|thing| kind.starts_with(thing));
    let is_of_settings = kind.ends_with(".routing") || change.field("api_authentication").is_some();
    (is_of_directory || is_of_settings) && kind != "phone.erase"
}

/// A kind of change in words, such as `Phone deleted`.
pub fn kind_text(kind: &str) -> String {
    let (thing, done) = kind_words(kind);
    capitalized(&format!("{thing} {done}"))
}

/// The name of a field for people, such as `Ring time (s) in Sales`.
pub fn label(name: &str) -> String {
    let end = name.find(" in ").unwrap_or(name.len());
    let words = name[..end].replace('_', " ");
    let words = words.strip_suffix(" s").map_or(words.clone(), |words| format!("{words} (s)"));
    capitalized(&words) + &name[end..]
}

impl Row {
    pub fn what(&self) -> String {
        kind_text(&self.change.kind)
    }

    pub fn time(&self) -> String {
        time::for_people(&self.change.at)
    }

    /// The phone or the skill: its id, the name that it has now or had then, and its page or, of a skill
    /// that is not there any more, its history.
    pub fn subject(&self) -> Option<(&str, &str, String)> {
        let Change { phone, skill, name_now, .. } = &self.change;
        let (id, link) = match (phone, skill, name_now) {
            (Some(phone), ..) => (phone, format!("/console/phones/{phone}")),
            (None, Some(skill), Some(_)) => (skill, format!("/console/skills/{skill}")),
            (None, Some(skill), None) => (skill, format!("{PATH}?skill={skill}")),
            (None, None, _) => return None,
        };
        let name = name_now.as_deref().or_else(|| self.change.field("name"));
        Some((id, name.unwrap_or(id), link))
    }

    /// What became of a skill of an edited phone, as a sign and in words.
    pub fn sign(&self, skill: &Skill) -> (&'static str, &'static str) {
        match skill.positions {
            _ if !self.difference.is_edit => ("", ""),
            [None, _] => ("+ ", " added"),
            [_, None] => ("− ", " removed"),
            [Some(before), Some(after)] if after < before => ("↑ ", " rings earlier"),
            _ => ("↓ ", " rings later"),
        }
    }

    /// The phones as they were after it.
    pub fn then(&self) -> String {
        Fields::default().link(at::PATH, &[("at", &self.change.at)])
    }

    /// What else this source has changed.
    pub fn of_source(&self) -> String {
        Fields::default().link(PATH, &[("source", &self.change.source)])
    }
}
