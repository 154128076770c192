//! A directory on paper: the name of each number, and a list of numbers for each skill. No ids,
//! no positions, no indexes, and nothing of the rules' code.

use std::collections::{BTreeMap, BTreeSet};

use directory::{
    Assigned, Command, PhoneLookup, PhoneName, PhoneNumber, ProfileEdit, Refusal, RingOrder, Row,
    RowFault, Saves, SkillEdit, SkillFault, SkillList, SkillName,
};
use ringbook::service::Outcome;

/// One account's directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Paper {
    version: u64,
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
        Self { version: 1, limit: 1000, key: 7, phones: BTreeMap::new(), rings: BTreeMap::new() }
    }

    /// Carries a command out and answers.
    pub fn execute(&mut self, command: &Command) -> Answer {
        let outcome = self.carry_out(command)?;
        self.version += outcome.changes as u64;
        Ok(Outcome { version: self.version, ..outcome })
    }

    fn carry_out(&mut self, command: &Command) -> Answer {
        match command {
            Command::CreatePhone { number, name, skills } => {
                self.create(&number.to_string(), name.as_str(), skills)
            }
            Command::EditPhone { phone, number_new, name_new, skills } => {
                let number_new = number_new.map(|number| number.to_string());
                self.edit(phone, number_new, name_new.as_ref().map(ToString::to_string), skills)
            }
            Command::DeletePhone { phone } => self.delete(phone),
            Command::Several { rows, saves } => Ok(self.several(rows, *saves)),
            Command::CreateSkills { names } => self.create_skills(names),
            Command::DeleteSkills { names, assigned } => self.delete_skills(names, *assigned),
            Command::OrderSkill { name, order: RingOrder::First(first), expected: None } => {
                self.order(name, first)
            }
            Command::EditProfile(edit) => Ok(self.edit_profile(edit)),
            other => unreachable!("none is made: {other:?}"),
        }
    }

    fn create(&mut self, number: &str, name: &str, skills: &SkillEdit) -> Answer {
        self.check(&self.phones, (number, name), skills, self.phones.len() + 1)?;
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
        let count = self.phones.len();
        self.check(&others.phones, (&number_new, &name_new), skills, count)?;
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

    /// What is wrong with a phone beside the others: the first of it, or all where it is strict.
    fn check(
        &self,
        others: &BTreeMap<String, String>,
        (new_number, new_name): (&str, &str),
        skills: &SkillEdit,
        count_after: usize,
    ) -> Result<(), Refusal> {
        let mut refusals = Vec::new();
        if let Some(owner) = others.get(new_number) {
            let number = number(new_number);
            refusals.push(Refusal::NumberTaken { number, owner: name(owner) });
        }
        let is_taken = |taken: &str| taken.to_lowercase() == new_name.to_lowercase();
        if let Some((owner, taken)) = others.iter().find(|(_, taken)| is_taken(taken)) {
            refusals.push(Refusal::NameTaken { name: name(taken), owner: number(owner) });
        }
        if skills.is_strict {
            refusals.extend(self.skill_faults(skills).into_iter().map(Refusal::Skills));
        }
        let (count, limit) = (self.phones.len(), self.limit);
        if count_after > limit as usize {
            refusals.push(Refusal::LimitExceeded { count, limit });
        }
        match refusals.len() {
            0 => Ok(()),
            2.. if skills.is_strict => Err(Refusal::Several(refusals)),
            _ => Err(refusals.remove(0)),
        }
    }

    fn skill_faults(&self, edit: &SkillEdit) -> Vec<SkillFault> {
        let lists = [(SkillList::Unassign, &edit.unassign), (SkillList::Assign, &edit.assign)];
        let named =
            lists.into_iter().flat_map(|(list, names)| names.iter().map(move |n| (list, n)));
        let unknown = named.filter(|(_, name)| !self.rings.contains_key(*name));
        let unknown =
            unknown.map(|(list, name)| SkillFault::NoSuchSkill { list, name: name.clone() });
        edit.fault.iter().cloned().chain(unknown).collect()
    }

    fn edit_skills(&mut self, number: &str, edit: &SkillEdit) -> Option<SkillFault> {
        let fault = self.skill_faults(edit).into_iter().next();
        if fault.is_some() {
            return fault;
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

    fn several(&mut self, rows: &[Row], saves: Saves) -> Outcome {
        let (mut row_faults, mut row_changes) = (Vec::new(), Vec::new());
        let mut all = self.clone();
        for row in rows {
            let mut with_row = all.clone();
            match with_row.carry_out(&row.command) {
                Ok(outcome) => {
                    all = with_row;
                    row_changes.push(u32::try_from(outcome.changes).unwrap());
                }
                Err(refusal) => {
                    row_faults.push(RowFault { line: row.line, refusal });
                    row_changes.push(0);
                }
            }
        }
        let is_saved = match saves {
            Saves::AllOrNothing => row_faults.is_empty(),
            Saves::GoodRows => true,
            Saves::Nothing => false,
        };
        if !is_saved {
            return Outcome { row_faults, ..done(0) };
        }
        *self = all;
        let changes = row_changes.iter().map(|count| *count as usize).sum();
        Outcome { row_faults, row_changes, ..done(changes) }
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

    fn delete_skills(&mut self, names: &[String], assigned: Assigned) -> Answer {
        let mut skills = BTreeSet::new();
        let mut phones = BTreeSet::new();
        for name in names {
            let ring = self.rings.get(name).ok_or(Refusal::NoSuchSkill(name.clone()))?;
            skills.insert(name);
            phones.extend(ring.iter().cloned());
        }
        if assigned == Assigned::Kept
            && let Some(skill) = names.iter().find(|name| !self.rings[*name].is_empty())
        {
            let (skill, phones) = (skill.clone(), self.rings[skill].len());
            return Err(Refusal::SkillAssigned { skill, phones });
        }
        self.rings.retain(|name, _| !skills.contains(name));
        Ok(done(skills.len() + phones.len()))
    }

    fn order(&mut self, skill: &str, first: &[PhoneLookup]) -> Answer {
        let ring = self.rings.get_mut(skill).ok_or(Refusal::NoSuchSkill(skill.to_owned()))?;
        let (mut ordered, mut refusals) = (Vec::<String>::new(), Vec::new());
        for lookup in first {
            let text = lookup.number.clone().expect("phones are named by number");
            if !self.phones.contains_key(&text) {
                refusals.push(Refusal::NoSuchNumber(text));
            } else if !ring.contains(&text) {
                refusals.push(Refusal::NotAssigned { number: text, skill: skill.to_owned() });
            } else if ordered.contains(&text) {
                refusals.push(Refusal::ListedTwice(number(&text)));
            } else {
                ordered.push(text);
            }
        }
        match refusals.len() {
            0 => {}
            1 => return Err(refusals.remove(0)),
            _ => return Err(Refusal::Several(refusals)),
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
