//! Changes as lists of them show them: with the names that phones and skills have now.

use std::collections::HashMap;

use axum::http::StatusCode;

use super::change::{Change, kind_text};
use super::difference::Difference;
use super::{PATH, at};
use crate::http::console::api::{Api, Request, segment};
use crate::http::console::fields::Fields;
use crate::http::console::page::Problem;
use crate::http::console::phones::Phone;
use crate::http::console::skills::Skill;
use crate::http::console::time;
use crate::http::console::visit::Visit;

/// A change in a list.
pub struct Row {
    pub change: Change,
    /// What was done, such as `Phone edited`.
    pub what: String,
    /// When, for people.
    pub time: String,
    pub subject: Option<Subject>,
    pub difference: Difference,
    pub undo: Undo,
}

/// The phone or the skill that a change is about.
pub struct Subject {
    pub id: String,
    /// The name that it has now, or had at the time.
    pub name: String,
    /// Its page, or its history if it is not there any more.
    pub link: String,
}

/// What a row offers to take back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    Nothing,
    Change,
    /// It and the others of its request.
    Request,
    /// It and the others of its import.
    Import,
}

/// The rows for changes, newest first.
pub async fn rows(
    visit: &Visit,
    changes: Vec<Change>,
    skills: &[Skill],
) -> Result<Vec<Row>, Problem> {
    let undos = undos(visit, &changes).await?;
    let phones = phones(&visit.api, &changes).await?;
    let rows = changes.into_iter().zip(undos).map(|(change, undo)| Row {
        what: kind_text(&change.kind),
        time: time::for_people(&change.at),
        subject: Subject::of(&change, &phones, skills),
        difference: Difference::of(&change),
        undo,
        change,
    });
    Ok(rows.collect())
}

impl Row {
    /// The phones as they were after it.
    pub fn then(&self) -> String {
        Fields::default().link(at::PATH, &[("at", &self.change.at)])
    }

    /// What else this source has changed.
    pub fn of_source(&self) -> String {
        Fields::default().link(PATH, &[("source", &self.change.source)])
    }
}

impl Subject {
    fn of(change: &Change, phones: &HashMap<String, String>, skills: &[Skill]) -> Option<Self> {
        let (things, id, name) = match (&change.phone, &change.skill) {
            (Some(id), _) => ("phones", id, phones.get(id)),
            (None, Some(id)) => {
                let skill = skills.iter().find(|skill| skill.id == *id);
                ("skills", id, skill.map(|skill| &skill.name))
            }
            (None, None) => return None,
        };
        let link = match name {
            Some(_) => format!("/console/{things}/{id}"),
            None => format!("{PATH}?{}={id}", things.trim_end_matches('s')),
        };
        let then = || change.field("name").unwrap_or(id).to_owned();
        Some(Self { id: id.clone(), name: name.cloned().unwrap_or_else(then), link })
    }
}

/// The names that the phones of changes have now, of those that are there.
async fn phones(api: &Api, changes: &[Change]) -> Result<HashMap<String, String>, Problem> {
    let mut names = HashMap::new();
    let mut ids: Vec<_> = changes.iter().filter_map(|change| change.phone.as_deref()).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let phone = Request::get(format!("/v1/phones/{}", segment(id)));
        if let Some(phone) = if_there(api.read::<Phone>(phone).await)? {
            names.insert(phone.id, phone.name);
        }
    }
    Ok(names)
}

/// What can be taken back of each change. Those of one request or import have numbers side by side.
async fn undos(visit: &Visit, changes: &[Change]) -> Result<Vec<Undo>, Problem> {
    let can_write = visit.frame("history").can_write;
    let mut undos = Vec::with_capacity(changes.len());
    for change in changes {
        undos.push(match change {
            change if !can_write || !change.is_revertible() => Undo::Nothing,
            change if !has_others(&visit.api, change, changes).await? => Undo::Change,
            Change { import: Some(_), .. } => Undo::Import,
            _ => Undo::Request,
        });
    }
    Ok(undos)
}

/// Whether its request or import has made other changes.
async fn has_others(api: &Api, change: &Change, shown: &[Change]) -> Result<bool, Problem> {
    if shown.iter().any(|other| change.is_of_same(other)) {
        return Ok(true);
    }
    for version in [change.version() + 1, change.version().saturating_sub(1)] {
        if shown.iter().any(|other| other.version() == version) {
            continue;
        }
        let neighbour = Request::get(format!("/v1/changes/c{version}"));
        let neighbour = if_there(api.read::<Change>(neighbour).await)?;
        if neighbour.is_some_and(|other| change.is_of_same(&other)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// None for what never was there, or is no more.
fn if_there<T>(found: Result<T, Problem>) -> Result<Option<T>, Problem> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(problem) if matches!(problem.status(), StatusCode::NOT_FOUND | StatusCode::GONE) => {
            Ok(None)
        }
        Err(problem) => Err(problem),
    }
}
