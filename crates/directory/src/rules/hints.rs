//! The skills that were perhaps meant where one is not found.

use std::collections::HashMap;

use crate::account::Skills;
use crate::decision::Decision;
use crate::limits::HINTS_MAX;
use crate::refusal::Refusal;
use crate::skill_fault::SkillFault;
use crate::value::SkillName;

/// Adds them to the refusal of a command, or to those of its rows. A file may have the same slip in
/// each row, so each name is looked for once; and not more than some, as this takes its time.
pub(super) fn add(skills: &Skills, decided: &mut Result<Decision, Refusal>) {
    let mut hints = Hints { skills, found: HashMap::new() };
    match decided {
        Ok(decision) => {
            decision.row_faults.iter_mut().for_each(|fault| hints.add(&mut fault.refusal));
        }
        Err(refusal) => hints.add(refusal),
    }
}

struct Hints<'s> {
    skills: &'s Skills,
    found: HashMap<String, Option<SkillName>>,
}

impl Hints<'_> {
    fn add(&mut self, refusal: &mut Refusal) {
        match refusal {
            Refusal::Several(all) => all.iter_mut().for_each(|one| self.add(one)),
            Refusal::Skills(SkillFault::NoSuchSkill { name, alike, .. }) => {
                if !self.found.contains_key(name) && self.found.len() < HINTS_MAX {
                    let hint = self.skills.alike(name).into_iter().next();
                    self.found.insert(name.clone(), hint);
                }
                *alike = self.found.get(name).cloned().flatten();
            }
            _ => {}
        }
    }
}
