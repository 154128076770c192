//! The rows of a file, in some 90 bytes each.

use std::collections::BTreeSet;

use directory::{
    Assignment, Phone, PhoneId, PhoneName, PhoneNumber, SkillId, SkillName, SkillSet, Skills,
};

use super::plan::Refused;
use crate::rows::{Fault, Wanted};

/// A row: what the file says of a phone. What is absent stays as it is.
#[derive(Debug, Clone)]
pub struct Row {
    /// The line where it begins, counted from 1.
    pub line: u64,
    /// The id that the phone has.
    pub id: Option<PhoneId>,
    /// The number that it is to have.
    pub number: Option<PhoneNumber>,
    /// The name that it is to have.
    pub name: Option<PhoneName>,
    /// The skills that it is to have. A position is the place that the file gives it in the ring
    /// order, 0 where it gives none.
    pub skills: Option<SkillSet>,
}

impl Row {
    /// The number that this phone has in the end.
    pub(super) fn number_of(&self, phone: &Phone) -> PhoneNumber {
        self.number.unwrap_or(phone.number)
    }

    /// The name that this phone has in the end.
    pub(super) fn name_of<'r>(&'r self, phone: &'r Phone) -> &'r PhoneName {
        self.name.as_ref().unwrap_or(&phone.name)
    }
}

/// A file that was read.
pub struct File {
    /// Its rows, as far as they can be read.
    pub rows: Vec<Row>,
    /// Its other rows.
    pub refused: Vec<Refused>,
    /// The skills of the directory, and those that only the file names, with ids that no other has.
    pub(super) skills: Skills,
    /// The first id of a skill that only the file names.
    pub(super) new_skills: SkillId,
    /// The skills in whose ring orders the file gives places.
    pub(super) placed: BTreeSet<SkillId>,
}

impl File {
    /// A file without rows, for a directory with these skills.
    pub fn new(skills: &Skills) -> Self {
        let last = skills.iter().map(|(_, id)| id.0).max().unwrap_or_default();
        let (new_skills, skills) = (SkillId(last + 1), skills.clone());
        Self { rows: Vec::new(), refused: Vec::new(), skills, new_skills, placed: BTreeSet::new() }
    }

    /// Adds a row that was read, or why it cannot be.
    pub fn push(&mut self, line: u64, wanted: Result<Wanted, Vec<Fault>>) {
        let row = wanted.map_err(|faults| {
            let details: Vec<_> = faults.into_iter().map(|fault| fault.detail).collect();
            details.join("; ")
        });
        match row.and_then(|wanted| self.row(line, wanted)) {
            Ok(row) => self.rows.push(row),
            Err(why) => self.refused.push(Refused { line, why }),
        }
    }

    fn row(&mut self, line: u64, wanted: Wanted) -> Result<Row, String> {
        let Wanted { id, number, name, skills } = wanted;
        let skills = skills.map(|skills| {
            let held = skills.into_iter().map(|skill| {
                let id = self.skill(&skill.name)?;
                if skill.position.is_some() {
                    self.placed.insert(id);
                }
                Ok(Assignment::new(id, skill.position.unwrap_or_default()))
            });
            held.collect::<Result<SkillSet, String>>()
        });
        Ok(Row { line, id, number, name, skills: skills.transpose()? })
    }

    fn skill(&mut self, name: &str) -> Result<SkillId, String> {
        if let Some(id) = self.skills.find(name) {
            return Ok(id);
        }
        let new = SkillName::parse(name).map_err(|fault| format!("skills: {fault}"))?;
        let newest = self.skills.iter().map(|(_, id)| id).max().unwrap_or(SkillId::NONE);
        let id = SkillId(newest.0 + 1).max(self.new_skills);
        if id.0 as usize >= Assignment::SKILL_IDS {
            return Err("skills: the file names too many skills".into());
        }
        self.skills.set(id, new, 0);
        Ok(id)
    }
}
