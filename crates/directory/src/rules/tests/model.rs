//! A phone directory as one would keep it on paper: which number has which name, and a list of
//! numbers for each skill. No ids, no positions, no indexes, and nothing of the rules' code.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::account::IssuedToken;
use crate::command::{ImportRow, ImportSaves, PhoneLookup, SkillEdit};

/// The directory. A refusal or a fault is told by the name of its kind.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) limit: usize,
    /// The name of each number.
    pub(super) names: BTreeMap<String, String>,
    /// The numbers of each skill, the one that rings first in front.
    pub(super) rings: BTreeMap<String, Vec<String>>,
    /// When tokens were issued, ever.
    pub(super) tokens_us: Vec<i64>,
}

type Kind = &'static str;

impl Model {
    pub(super) fn new() -> Self {
        let (names, rings) = (BTreeMap::new(), BTreeMap::new());
        Self { limit: 1000, names, rings, tokens_us: Vec::new() }
    }

    /// Carries a command out, and tells of all that it refuses: the command, rows of it, or the
    /// skills in it.
    pub(super) fn run(&mut self, command: &Command) -> Vec<String> {
        let done = match command {
            Command::CreatePhone { number, name, skills } => {
                self.create(&number.to_string(), name.as_str(), skills)
            }
            Command::EditPhone { phone, number_new, name_new, skills } => {
                let number_new = number_new.map(|number| number.to_string());
                self.edit(phone, number_new, name_new.as_ref().map(ToString::to_string), skills)
            }
            Command::DeletePhone { phone } => self.delete(phone),
            Command::ImportPhones { rows, saves } => return self.import(rows, *saves),
            Command::CreateSkills { names } => self.create_skills(names),
            Command::DeleteSkills { names } => self.delete_skills(names),
            Command::OrderSkill { name, first } => {
                let first: Vec<_> = first.iter().map(ToString::to_string).collect();
                self.order(name, &first)
            }
            Command::EditProfile(edit) => {
                self.limit = edit.phone_number_limit.map_or(self.limit, |limit| limit as usize);
                Ok(None)
            }
            Command::IssueToken { issued } => self.issue_token(issued),
            Command::DeleteAccount => unreachable!("a directory that is gone does nothing"),
        };
        match done {
            Ok(fault) => fault.into_iter().map(|kind| format!("skills {kind}")).collect(),
            Err(kind) => vec![kind.to_owned()],
        }
    }

    fn create(
        &mut self,
        number: &str,
        name: &str,
        skills: &SkillEdit,
    ) -> Result<Option<Kind>, Kind> {
        self.check_free(number, name)?;
        if self.names.len() >= self.limit {
            return Err("LimitExceeded");
        }
        self.names.insert(number.to_owned(), name.to_owned());
        Ok(self.edit_skills(number, skills))
    }

    fn edit(
        &mut self,
        phone: &PhoneLookup,
        number_new: Option<String>,
        name_new: Option<String>,
        skills: &SkillEdit,
    ) -> Result<Option<Kind>, Kind> {
        let number = self.find(phone)?;
        // The others are those that would be there if this one were not.
        let mut others = self.clone();
        let name = others.names.remove(&number).unwrap();
        let (number_new, name_new) =
            (number_new.unwrap_or(number.clone()), name_new.unwrap_or(name));
        others.check_free(&number_new, &name_new)?;
        if self.names.len() > self.limit {
            return Err("LimitExceeded");
        }
        self.names.remove(&number);
        self.names.insert(number_new.clone(), name_new);
        for held in self.rings.values_mut().flatten().filter(|held| **held == number) {
            held.clone_from(&number_new);
        }
        Ok(self.edit_skills(&number_new, skills))
    }

    fn delete(&mut self, phone: &PhoneLookup) -> Result<Option<Kind>, Kind> {
        let number = self.find(phone)?;
        self.names.remove(&number);
        self.rings.values_mut().for_each(|ring| ring.retain(|held| *held != number));
        Ok(None)
    }

    fn find(&self, phone: &PhoneLookup) -> Result<String, Kind> {
        let is_asked = |name: &str| {
            phone.name.as_ref().is_none_or(|asked| asked.to_lowercase() == name.to_lowercase())
        };
        match &phone.number {
            None if phone.name.is_none() => Err("NoSuchName"),
            None => {
                let found = self.names.iter().find(|(_, name)| is_asked(name));
                found.map(|(number, _)| number.clone()).ok_or("NoSuchName")
            }
            Some(number) => match self.names.get(number) {
                None => Err("NoSuchNumber"),
                Some(name) if !is_asked(name) => Err("OtherName"),
                Some(_) => Ok(number.clone()),
            },
        }
    }

    fn check_free(&self, number: &str, name: &str) -> Result<(), Kind> {
        if self.names.contains_key(number) {
            return Err("NumberTaken");
        }
        if self.names.values().any(|taken| taken.to_lowercase() == name.to_lowercase()) {
            return Err("NameTaken");
        }
        Ok(())
    }

    fn edit_skills(&mut self, number: &str, edit: &SkillEdit) -> Option<Kind> {
        match &edit.fault {
            Some(SkillFault::NoSuchSkill { .. }) => return Some("NoSuchSkill"),
            Some(SkillFault::NamesNone { .. }) => return Some("NamesNone"),
            Some(SkillFault::UnknownKey { .. }) => return Some("UnknownKey"),
            None => {}
        }
        if edit.unassign.iter().chain(&edit.assign).any(|name| !self.rings.contains_key(name)) {
            return Some("NoSuchSkill");
        }
        for (name, ring) in &mut self.rings {
            let held = ring.iter().any(|held| held == number);
            let assigned = edit.assign.contains(name);
            if held && !assigned && edit.unassign.contains(name) {
                ring.retain(|held| held != number);
            } else if !held && assigned {
                ring.push(number.to_owned());
            }
        }
        None
    }

    fn import(&mut self, rows: &[ImportRow], saves: ImportSaves) -> Vec<String> {
        let mut told = Vec::new();
        let mut all = self.clone();
        for row in rows {
            let assign = row.skills.split(',').map(str::trim).filter(|name| !name.is_empty());
            let assign = assign.map(str::to_owned).collect();
            let skills = SkillEdit { assign, ..SkillEdit::default() };
            let mut with_row = all.clone();
            match with_row.create(&row.number.to_string(), row.name.as_str(), &skills) {
                Ok(None) => all = with_row,
                Ok(Some(kind)) | Err(kind) => told.push(format!("{} {kind}", row.line)),
            }
        }
        let is_saved = match saves {
            ImportSaves::AllOrNothing => told.is_empty(),
            ImportSaves::GoodRows => true,
            ImportSaves::Nothing => false,
        };
        if is_saved {
            *self = all;
        }
        told
    }

    fn create_skills(&mut self, names: &[SkillName]) -> Result<Option<Kind>, Kind> {
        let unique: BTreeSet<_> = names.iter().map(SkillName::as_str).collect();
        if unique.len() < names.len() || unique.iter().any(|name| self.rings.contains_key(*name)) {
            return Err("SkillExists");
        }
        self.rings.extend(unique.into_iter().map(|name| (name.to_owned(), Vec::new())));
        Ok(None)
    }

    fn delete_skills(&mut self, names: &[String]) -> Result<Option<Kind>, Kind> {
        if names.iter().any(|name| !self.rings.contains_key(name)) {
            return Err("NoSuchSkill");
        }
        self.rings.retain(|name, _| !names.contains(name));
        Ok(None)
    }

    fn order(&mut self, skill: &str, first: &[String]) -> Result<Option<Kind>, Kind> {
        let ring = self.rings.get_mut(skill).ok_or("NoSuchSkill")?;
        for (index, number) in first.iter().enumerate() {
            if !ring.contains(number) {
                return Err("NotAssigned");
            }
            if first[..index].contains(number) {
                return Err("ListedTwice");
            }
        }
        ring.retain(|number| !first.contains(number));
        ring.splice(..0, first.iter().cloned());
        Ok(None)
    }

    fn issue_token(&mut self, issued: &IssuedToken) -> Result<Option<Kind>, Kind> {
        if self.tokens_within_an_hour_of(issued.issued_us).len() >= 10 {
            return Err("TooManyTokens");
        }
        self.tokens_us.push(issued.issued_us);
        Ok(None)
    }

    /// The tokens that were issued less than an hour before.
    pub(super) fn tokens_within_an_hour_of(&self, now_us: i64) -> Vec<i64> {
        let hour_us = 60 * 60 * 1_000_000;
        self.tokens_us.iter().copied().filter(|at_us| now_us - at_us < hour_us).collect()
    }
}
