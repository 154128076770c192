//! The plan: what has to change until a directory is as a file says.

use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::str::FromStr;

use directory::{Assignment, Phone, PhoneId, SkillId, SkillName, SkillSet};
use serde_json::{Map, Value, json};

use super::file::{File, Row};
use super::matching::{Matching, Meant};
use super::{Current, order, taken};

/// What a plan may do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether phones that the file lacks are deleted, and how many at most.
    pub deletes: Option<AtMost>,
    /// Whether the `id` of a row counts whatever number and name its phone has.
    pub trusts_ids: bool,
    /// Whether skills that only the file names are created.
    pub creates_skills: bool,
}

/// How many of the phones may be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtMost {
    /// So many.
    Count(usize),
    /// So many in a hundred.
    Percent(usize),
}

impl AtMost {
    fn allows(self, count: usize, all: usize) -> bool {
        match self {
            Self::Count(most) => count <= most,
            Self::Percent(most) => count * 100 <= all.saturating_mul(most),
        }
    }
}

impl FromStr for AtMost {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (digits, make): (_, fn(usize) -> Self) = match text.strip_suffix('%') {
            Some(percent) => (percent.trim_end(), Self::Percent),
            None => (text, Self::Count),
        };
        let fault = "must be a number of phones, or how many of them in a hundred, like 50 or 10%";
        digits.parse().map(make).map_err(|_| fault)
    }
}

impl Display for AtMost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(most) => write!(f, "{most}"),
            Self::Percent(most) => write!(f, "{most} %"),
        }
    }
}

/// A row that is not done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    /// The line where it begins, counted from 1; 0 of a phone that was to be deleted.
    pub line: u64,
    /// Why, in words.
    pub why: String,
}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, why } = self;
        if *line == 0 {
            write!(f, "refused: {why}")
        } else {
            write!(f, "line {line} refused: {why}")
        }
    }
}

/// What becomes of one phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The line of its row. A phone that is deleted has none.
    pub line: Option<u64>,
    /// Its id. A phone that is created has none yet.
    pub id: Option<PhoneId>,
    /// What it is to be; none if it is deleted. Where it has a skill at position 0, it rings last.
    pub after: Option<Phone>,
}

impl Step {
    /// What it is, in a word.
    pub fn what(&self) -> &'static str {
        match (self.id, &self.after) {
            (None, _) => "created",
            (Some(_), Some(_)) => "changed",
            (Some(_), None) => "deleted",
        }
    }

    /// The phone as it is; a new one as it is to be.
    pub fn named<'p>(&'p self, current: &'p Current) -> Option<&'p Phone> {
        self.id.and_then(|id| current.phones.get(id)).or(self.after.as_ref())
    }
}

/// What has to change.
#[derive(Debug, Default)]
pub struct Plan {
    /// Skills to create, by name.
    pub skills: Vec<SkillName>,
    /// What becomes of phones, in an order in which it can be done one by one, but for phones that
    /// exchange numbers or names in a circle.
    pub steps: Vec<Step>,
    /// The rows that are not done, by line.
    pub refused: Vec<Refused>,
    /// How many rows ask for what is there already.
    pub unchanged: usize,
    /// How many phones the file does not have, if they stay.
    pub unlisted: usize,
    /// How many rows are refused beside these.
    pub refused_more: usize,
    /// The names of the skills of the steps.
    names: directory::Skills,
}

/// Why there is no plan.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence of a fault says what its values are")]
pub enum PlanFault {
    /// The file has no row.
    #[error("the file has no phones: an empty file would say that none is to be")]
    Empty,
    /// More phones would be deleted than may be.
    #[error(
        "{count} of {all} phones are not in the file and would be deleted, which is more than \
         {most}: --delete-at-most {count} allows it"
    )]
    TooManyDeleted { count: usize, all: usize, most: AtMost },
}

impl Plan {
    /// Whether all is as the file says, as far as its rows are not refused.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The skills of a phone of a step, by name and sorted.
    pub fn skills_of(&self, phone: &Phone) -> Vec<(&SkillName, Assignment)> {
        let held = phone.skills.iter();
        let mut named: Vec<_> =
            held.filter_map(|held| Some((self.names.name(held.skill())?, held))).collect();
        named.sort_unstable();
        named
    }

    /// The fields of a step's phone that differ, as it is and as it is to be: as the history has them.
    pub fn sides(&self, step: &Step, current: &Current) -> [Option<Map<String, Value>>; 2] {
        let before = step.id.and_then(|id| current.phones.get(id));
        let after = step.after.as_ref();
        [(before, after), (after, before)]
            .map(|(side, other)| side.map(|side| self.differing(side, other)))
    }

    /// The fields in which a phone of a step is not like the other one; all of them without another one.
    pub(super) fn differing(&self, phone: &Phone, other: Option<&Phone>) -> Map<String, Value> {
        let mut fields = Map::new();
        if other.is_none_or(|other| other.number != phone.number) {
            fields.insert("number".into(), phone.number.to_string().into());
        }
        if other.is_none_or(|other| other.name != phone.name) {
            fields.insert("name".into(), phone.name.as_str().into());
        }
        let none = SkillSet::default();
        let others = other.map_or(&none, |other| &other.skills);
        if phone.skills != *others {
            let skills = self.skills_of(phone).into_iter();
            let skills = skills.filter(|(_, held)| others.get(held.skill()) != Some(*held));
            let skill = |(name, held): (&SkillName, Assignment)| {
                let position = Some(held.position()).filter(|position| *position > 0);
                json!({"name": name.as_str(), "position": position})
            };
            fields.insert("skills".into(), skills.map(skill).collect());
        }
        fields
    }

    /// The row of a step that is refused all the same.
    pub fn refusal(&self, index: usize, why: String) -> Refused {
        let line = self.steps.get(index).and_then(|step| step.line);
        Refused { line: line.unwrap_or_default(), why }
    }

    /// How many rows are refused.
    pub fn refused_count(&self) -> usize {
        self.refused.len() + self.refused_more
    }

    /// Takes out the steps that a target refuses: their places in `steps` and why, and how many others it
    /// refuses.
    pub fn refuse(&mut self, refused: impl IntoIterator<Item = (usize, String)>, more: usize) {
        let mut steps: Vec<_> = std::mem::take(&mut self.steps).into_iter().map(Some).collect();
        for (index, why) in refused {
            if let Some(step) = steps.get_mut(index).and_then(Option::take) {
                self.refused.push(Refused { line: step.line.unwrap_or_default(), why });
            }
        }
        self.steps.extend(steps.into_iter().flatten());
        self.refused.sort();
        self.refused_more += more;
    }
}

/// Makes the plan.
pub fn plan(current: &Current, file: File, options: Options) -> Result<Plan, PlanFault> {
    if file.rows.is_empty() && file.refused.is_empty() {
        return Err(PlanFault::Empty);
    }
    let mut matching = Matching::new(current, &file.rows, options.trusts_ids);
    taken::refuse(current, &file.rows, &mut matching);
    let (mut steps, mut unchanged) = (Vec::new(), 0);
    for (index, row) in file.rows.iter().enumerate() {
        let (id, before) = match matching.meant[index] {
            Meant::Refused => continue,
            Meant::New => (None, None),
            Meant::Phone(id) => (Some(id), current.phones.get(id)),
        };
        match after(row, before) {
            None => matching
                .refuse(index, "no phone has this number or this name, and a new one needs both"),
            Some(after) if before == Some(&after) => unchanged += 1,
            Some(after) => steps.push(Step { line: Some(row.line), id, after: Some(after) }),
        }
    }
    let mut refused = file.refused;
    refused.append(&mut matching.refused);
    refused.sort();
    let unlisted = current.phones.iter().filter(|(id, _)| matching.row_of(*id).is_none());
    let mut unlisted: Vec<_> = unlisted.map(|(id, _)| id).collect();
    if let Some(most) = options.deletes {
        let (count, all) = (unlisted.len(), current.phones.len());
        if !most.allows(count, all) {
            return Err(PlanFault::TooManyDeleted { count, all, most });
        }
        // A row that is refused may be that of any of these.
        if refused.is_empty() {
            let deleted = unlisted.drain(..);
            steps.extend(deleted.map(|id| Step { line: None, id: Some(id), after: None }));
        }
    }
    order::sort(&mut steps, current);
    let mut plan = Plan {
        refused,
        unchanged,
        unlisted: unlisted.len(),
        names: file.skills,
        steps,
        ..Plan::default()
    };
    if options.creates_skills {
        plan.skills = new_skills(&plan, file.new_skills);
    }
    Ok(plan)
}

/// The phone that a row makes of another one, or of none. Of a new one all must be told but its skills.
fn after(row: &Row, before: Option<&Phone>) -> Option<Phone> {
    let held = |skill| before.and_then(|phone| phone.skills.get(skill));
    let placed = |wanted: Assignment| match wanted.position() {
        0 => held(wanted.skill()).unwrap_or(wanted),
        _ => wanted,
    };
    let wanted = row.skills.as_ref().map(|skills| skills.iter().map(placed).collect());
    Some(Phone {
        number: row.number.or(before.map(|phone| phone.number))?,
        name: row.name.as_ref().or(before.map(|phone| &phone.name))?.clone(),
        skills: wanted.or(before.map(|phone| phone.skills.clone())).unwrap_or_default(),
    })
}

/// The skills of the steps that only the file names, sorted.
fn new_skills(plan: &Plan, first: SkillId) -> Vec<SkillName> {
    let after = plan.steps.iter().filter_map(|step| step.after.as_ref());
    let ids = after.flat_map(|phone| phone.skills.iter()).map(Assignment::skill);
    let new: BTreeSet<_> = ids.filter(|id| *id >= first).collect();
    let mut names: Vec<_> = new.into_iter().filter_map(|id| plan.names.name(id).cloned()).collect();
    names.sort();
    names
}
