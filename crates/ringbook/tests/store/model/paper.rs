//! A directory on paper: the name of each number, and a list of numbers for each skill. No ids,
//! no positions, no indexes, and nothing of the rules' code.

use std::collections::{BTreeMap, BTreeSet};

use directory::{
    Command, ImportRow, ImportSaves, PhoneLookup, PhoneName, PhoneNumber, ProfileEdit, Refusal,
    RowFault, SkillEdit, SkillFault, SkillList, SkillName,
};
use ringbook::service::Outcome;

/// One account's directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Paper {
    limit: u32,
    key: u8,
    /// The name of each number.
    pub phones: BTreeMap<String, String>,
    /// The numbers of each skill, the one that rings first in front.
    pub rings: BTreeMap<String, Vec<String>>,
}

type Answer = Result<Outcome, Refusal>;

/// So many changes, and nothing to complain about.
fn done(changes: usize) -> Outcome {
    Outcome { changes, ..Outcome::default() }
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

fn name(text: &str) -> PhoneName {
    PhoneName::parse(text).unwrap()
}

impl Paper {
    pub fn new() -> Self {
        Self { limit: 1000, key: 7, phones: BTreeMap::new(), rings: BTreeMap::new() }
    }

    /// Carries a command out and answers.
    pub fn execute(&mut self, command: &Command) -> Answer {
        match command {
            Command::CreatePhone { number, name, skills } => {
                self.create(&number.to_string(), name.as_str(), skills)
            }
            Command::EditPhone { phone, number_new, name_new, skills } => {
                let number_new = number_new.map(|number| number.to_string());
                self.edit(phone, number_new, name_new.as_ref().map(ToString::to_string), skills)
            }
            Command::DeletePhone { phone } => self.delete(phone),
            Command::ImportPhones { rows, saves } => Ok(self.import(rows, *saves)),
            Command::CreateSkills { names } => self.create_skills(names),
            Command::DeleteSkills { names } => self.delete_skills(names),
            Command::OrderSkill { name, first } => self.order(name, first),
            Command::EditProfile(edit) => Ok(self.edit_profile(edit)),
            Command::IssueToken { .. } | Command::DeleteAccount => unreachable!("none is made"),
        }
    }

    fn create(&mut self, number: &str, name: &str, skills: &SkillEdit) -> Answer {
        self.check_free(number, name)?;
        self.check_limit(self.phones.len() + 1)?;
        self.phones.insert(number.to_owned(), name.to_owned());
        Ok(Outcome { skill_fault: self.edit_skills(number, skills), ..done(1) })
    }

    fn edit(
        &mut self,
        phone: &PhoneLookup,
        number_new: Option<String>,
        name_new: Option<String>,
        skills: &SkillEdit,
    ) -> Answer {
        let before = self.clone();
        let number = self.find(phone)?;
        // The others are those that would be there if this one were not.
        let mut others = self.clone();
        let name = others.phones.remove(&number).unwrap();
        let (number_new, name_new) =
            (number_new.unwrap_or(number.clone()), name_new.unwrap_or(name));
        others.check_free(&number_new, &name_new)?;
        self.check_limit(self.phones.len())?;
        self.phones.remove(&number);
        self.phones.insert(number_new.clone(), name_new);
        for held in self.rings.values_mut().flatten().filter(|held| **held == number) {
            held.clone_from(&number_new);
        }
        let skill_fault = self.edit_skills(&number_new, skills);
        Ok(Outcome { skill_fault, ..done(usize::from(*self != before)) })
    }

    fn delete(&mut self, phone: &PhoneLookup) -> Answer {
        let number = self.find(phone)?;
        self.phones.remove(&number);
        self.rings.values_mut().for_each(|ring| ring.retain(|held| *held != number));
        Ok(done(1))
    }

    fn find(&self, phone: &PhoneLookup) -> Result<String, Refusal> {
        let is = |name: &str, asked: &str| name.to_lowercase() == asked.to_lowercase();
        let Some(asked_number) = &phone.number else {
            let asked = phone.name.clone().unwrap_or_default();
            let found = self.phones.iter().find(|(_, name)| is(name, &asked));
            return found.map(|(number, _)| number.clone()).ok_or(Refusal::NoSuchName(asked));
        };
        let Some(found) = self.phones.get(asked_number) else {
            return Err(Refusal::NoSuchNumber(asked_number.clone()));
        };
        match &phone.name {
            Some(asked) if !is(found, asked) => Err(Refusal::OtherName {
                number: number(asked_number),
                name: name(found),
                asked: asked.clone(),
            }),
            _ => Ok(asked_number.clone()),
        }
    }

    fn check_free(&self, new_number: &str, new_name: &str) -> Result<(), Refusal> {
        if let Some(owner) = self.phones.get(new_number) {
            return Err(Refusal::NumberTaken { number: number(new_number), owner: name(owner) });
        }
        let is_taken = |taken: &str| taken.to_lowercase() == new_name.to_lowercase();
        match self.phones.iter().find(|(_, taken)| is_taken(taken)) {
            Some((owner, taken)) => {
                Err(Refusal::NameTaken { name: name(taken), owner: number(owner) })
            }
            None => Ok(()),
        }
    }

    fn check_limit(&self, count_after: usize) -> Result<(), Refusal> {
        let (count, limit) = (self.phones.len(), self.limit);
        if count_after > limit as usize {
            return Err(Refusal::LimitExceeded { count, limit });
        }
        Ok(())
    }

    fn edit_skills(&mut self, number: &str, edit: &SkillEdit) -> Option<SkillFault> {
        if edit.fault.is_some() {
            return edit.fault.clone();
        }
        for (list, names) in
            [(SkillList::Unassign, &edit.unassign), (SkillList::Assign, &edit.assign)]
        {
            if let Some(name) = names.iter().find(|name| !self.rings.contains_key(*name)) {
                return Some(SkillFault::NoSuchSkill { list, name: name.clone() });
            }
        }
        for (name, ring) in &mut self.rings {
            let (held, assigned) = (ring.iter().any(|at| at == number), edit.assign.contains(name));
            if held && !assigned && edit.unassign.contains(name) {
                ring.retain(|at| at != number);
            } else if !held && assigned {
                ring.push(number.to_owned());
            }
        }
        None
    }

    fn import(&mut self, rows: &[ImportRow], saves: ImportSaves) -> Outcome {
        let mut row_faults = Vec::new();
        let mut all = self.clone();
        for row in rows {
            let assign = row.skills.split(',').map(str::trim).filter(|name| !name.is_empty());
            let assign = assign.map(str::to_owned).collect();
            let skills = SkillEdit { assign, ..SkillEdit::default() };
            let mut with_row = all.clone();
            let created = with_row.create(&row.number.to_string(), row.name.as_str(), &skills);
            // Unlike a single phone, a row is not saved without its skills.
            let refusal = match created.map(|created| created.skill_fault) {
                Ok(None) => {
                    all = with_row;
                    continue;
                }
                Ok(Some(SkillFault::NoSuchSkill { name, .. })) => Refusal::NoSuchSkill(name),
                Ok(Some(fault)) => unreachable!("{fault}"),
                Err(refusal) => refusal,
            };
            row_faults.push(RowFault { line: row.line, refusal });
        }
        let is_saved = match saves {
            ImportSaves::AllOrNothing => row_faults.is_empty(),
            ImportSaves::GoodRows => true,
            ImportSaves::Nothing => false,
        };
        if !is_saved {
            return Outcome { row_faults, ..done(0) };
        }
        *self = all;
        let changes = rows.len() - row_faults.len();
        Outcome { row_faults, ..done(changes) }
    }

    fn create_skills(&mut self, names: &[SkillName]) -> Answer {
        let mut rings = self.rings.clone();
        for name in names {
            if rings.insert(name.to_string(), Vec::new()).is_some() {
                return Err(Refusal::SkillExists(name.to_string()));
            }
        }
        self.rings = rings;
        Ok(done(names.len()))
    }

    fn delete_skills(&mut self, names: &[String]) -> Answer {
        let mut skills = BTreeSet::new();
        let mut phones = BTreeSet::new();
        for name in names {
            let ring = self.rings.get(name).ok_or(Refusal::NoSuchSkill(name.clone()))?;
            skills.insert(name);
            phones.extend(ring.iter().cloned());
        }
        self.rings.retain(|name, _| !skills.contains(name));
        Ok(done(skills.len() + phones.len()))
    }

    fn order(&mut self, skill: &str, first: &[PhoneNumber]) -> Answer {
        let ring = self.rings.get_mut(skill).ok_or(Refusal::NoSuchSkill(skill.to_owned()))?;
        let mut ordered: Vec<String> = Vec::new();
        for number in first {
            let text = number.to_string();
            if !ring.contains(&text) {
                return Err(Refusal::NotAssigned { number: *number, skill: skill.to_owned() });
            }
            if ordered.contains(&text) {
                return Err(Refusal::ListedTwice(*number));
            }
            ordered.push(text);
        }
        let others: Vec<_> =
            ring.iter().filter(|number| !ordered.contains(number)).cloned().collect();
        ordered.extend(others);
        let moved = ring.iter().zip(&ordered).filter(|(was, is)| was != is).count();
        *ring = ordered;
        Ok(done(moved))
    }

    fn edit_profile(&mut self, edit: &ProfileEdit) -> Outcome {
        let before = self.clone();
        self.limit = edit.phone_number_limit.unwrap_or(self.limit);
        self.key = edit.api_key_sha256.map_or(self.key, |sha256| sha256[0]);
        done(usize::from(*self != before))
    }
}
