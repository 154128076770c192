//! The model: a phone directory as a map from numbers to names and a list of numbers for each
//! skill. It has no positions and no indexes, and uses no code of the rules.

mod skills;

use std::collections::BTreeMap;

use super::*;
use directory::command::{PhoneLookup, Row, SaveMode, SkillEdit};
use directory::value::IssuedToken;

/// The directory. A refusal or a fault is the name of its kind.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) limit: usize,
    /// The name of each number.
    pub(super) names: BTreeMap<String, String>,
    /// The number of each phone in the order in which they were created, if it is still there.
    pub(super) serials: Vec<Option<String>>,
    /// The numbers of each skill, the one that rings first in front.
    pub(super) rings: BTreeMap<String, Vec<String>>,
    /// When tokens were issued, ever.
    pub(super) tokens_us: Vec<i64>,
    /// The hash of the account's own API key.
    pub(super) main_key: [u8; 32],
    /// How many API keys there are beside it.
    pub(super) keys: usize,
}

type Kind = &'static str;

/// The result of a command: perhaps a fault in the skills, or all refusals.
type Outcome = Result<Option<Kind>, Vec<Kind>>;

impl Model {
    pub(super) fn new() -> Self {
        let (names, rings) = (BTreeMap::new(), BTreeMap::new());
        let (serials, tokens_us) = (Vec::new(), Vec::new());
        Self { limit: 1000, names, serials, rings, tokens_us, main_key: [1; 32], keys: 0 }
    }

    /// Executes a command. Returns the refusals of the command or of its rows, or the fault in its
    /// skills.
    pub(super) fn run(&mut self, command: &Command) -> Vec<String> {
        if let Command::Several { rows, mode } = command {
            return self.several(rows, *mode);
        }
        match self.one(command) {
            Ok(fault) => fault.into_iter().map(|kind| format!("skills {kind}")).collect(),
            Err(kinds) => vec![kinds.join("+")],
        }
    }

    fn one(&mut self, command: &Command) -> Outcome {
        match command {
            Command::CreatePhone { number, name, skills } => {
                self.create(&number.to_string(), name.as_str(), skills)
            }
            Command::EditPhone { phone, number_new, name_new, skills } => {
                let number_new = number_new.map(|number| number.to_string());
                self.edit(phone, number_new, name_new.as_ref().map(ToString::to_string), skills)
            }
            Command::DeletePhone { phone } => self.delete(phone),
            Command::CreateSkills { names } => self.create_skills(names),
            Command::RenameSkill { name, name_new } => self.rename_skill(name, name_new.as_str()),
            Command::DeleteSkills { names, if_assigned } => self.delete_skills(names, *if_assigned),
            Command::OrderSkill { name, order, .. } => self.order(name, order),
            Command::EditProfile(edit) => {
                self.limit = edit.phone_number_limit.map_or(self.limit, |limit| limit as usize);
                self.main_key = edit.api_key_sha256.unwrap_or(self.main_key);
                Ok(None)
            }
            Command::IssueToken { issued } => self.issue_token(issued),
            Command::CreateKey(_) => self.create_key(),
            Command::RotateKey { id: KeyId::MAIN, sha256, now_us, old_expires_us } => {
                let is_another = *sha256 != std::mem::replace(&mut self.main_key, *sha256);
                // The old key remains for a while.
                if is_another && now_us < old_expires_us { self.create_key() } else { Ok(None) }
            }
            Command::RotateKey { .. } | Command::EditKey { .. } | Command::DeleteKey { .. } => {
                unreachable!("the tables have these")
            }
            Command::Several { .. }
            | Command::Revert { .. }
            | Command::DeleteAccount
            | Command::Expecting { .. } => unreachable!("not a command about one thing"),
        }
    }

    fn several(&mut self, rows: &[Row], mode: SaveMode) -> Vec<String> {
        let mut faults = Vec::new();
        let mut all = self.clone();
        for row in rows {
            let mut with_row = all.clone();
            match with_row.one(&row.command) {
                Ok(None) => all = with_row,
                Ok(Some(kind)) => faults.push(format!("{} {kind}", row.line)),
                Err(kinds) => faults.push(format!("{} {}", row.line, kinds.join("+"))),
            }
        }
        let is_saved = match mode {
            SaveMode::AllOrNothing => faults.is_empty(),
            SaveMode::GoodRows => true,
            SaveMode::Nothing => false,
        };
        if is_saved {
            *self = all;
        }
        faults
    }

    fn create(&mut self, number: &str, name: &str, skills: &SkillEdit) -> Outcome {
        let is_full = self.names.len() >= self.limit;
        self.check(self.taken(number, name), is_full, skills)?;
        self.names.insert(number.to_owned(), name.to_owned());
        self.serials.push(Some(number.to_owned()));
        Ok(self.edit_skills(number, skills))
    }

    fn edit(
        &mut self,
        phone: &PhoneLookup,
        number_new: Option<String>,
        name_new: Option<String>,
        skills: &SkillEdit,
    ) -> Outcome {
        let number = self.find(phone)?;
        // A phone does not collide with itself.
        let mut others = self.clone();
        let name = others.names.remove(&number).unwrap();
        let (number_new, name_new) =
            (number_new.unwrap_or(number.clone()), name_new.unwrap_or(name));
        let taken = others.taken(&number_new, &name_new);
        self.check(taken, self.names.len() > self.limit, skills)?;
        self.names.remove(&number);
        self.names.insert(number_new.clone(), name_new);
        let serials = self.serials.iter_mut().flatten();
        for held in self.rings.values_mut().flatten().chain(serials) {
            if *held == number {
                held.clone_from(&number_new);
            }
        }
        Ok(self.edit_skills(&number_new, skills))
    }

    fn delete(&mut self, phone: &PhoneLookup) -> Outcome {
        let number = self.find(phone)?;
        self.names.remove(&number);
        self.rings.values_mut().for_each(|ring| ring.retain(|held| *held != number));
        for serial in &mut self.serials {
            if *serial == Some(number.clone()) {
                *serial = None;
            }
        }
        Ok(None)
    }

    /// The number of the phone with that id.
    pub(super) fn serial(&self, id: PhoneId) -> Option<&String> {
        self.serials.get(id.0 as usize - 1)?.as_ref()
    }

    fn find(&self, phone: &PhoneLookup) -> Result<String, Vec<Kind>> {
        let has_name = |name: &str| {
            phone.name.as_ref().is_none_or(|given| given.to_lowercase() == name.to_lowercase())
        };
        let number = match (phone.id, &phone.number) {
            (Some(id), number) => {
                let held = self.serial(id).ok_or(vec!["NoSuchPhone"])?;
                if number.as_ref().is_some_and(|number| number != held) {
                    return Err(vec!["Changed"]);
                }
                held
            }
            (None, Some(number)) => number,
            (None, None) => {
                let found = self.names.iter().find(|(_, name)| has_name(name));
                let found = found.filter(|_| phone.name.is_some());
                return found.map(|(number, _)| number.clone()).ok_or(vec!["NoSuchName"]);
            }
        };
        match self.names.get(number) {
            None => Err(vec!["NoSuchNumber"]),
            Some(name) if !has_name(name) => Err(vec!["OtherName"]),
            Some(_) => Ok(number.clone()),
        }
    }

    fn taken(&self, number: &str, name: &str) -> Vec<Kind> {
        let is_name = |taken: &String| taken.to_lowercase() == name.to_lowercase();
        let number = self.names.contains_key(number).then_some("NumberTaken");
        let name = self.names.values().any(is_name).then_some("NameTaken");
        number.into_iter().chain(name).collect()
    }

    /// All refusals of a phone; only the first one if the command is not strict.
    fn check(
        &self,
        mut faults: Vec<Kind>,
        is_full: bool,
        edit: &SkillEdit,
    ) -> Result<(), Vec<Kind>> {
        if edit.is_strict {
            faults.extend(self.skill_faults(edit));
        }
        if is_full {
            faults.push("LimitExceeded");
        }
        if !edit.is_strict {
            faults.truncate(1);
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn create_key(&mut self) -> Outcome {
        if self.keys >= 100 {
            return Err(vec!["TooManyKeys"]);
        }
        self.keys += 1;
        Ok(None)
    }

    fn issue_token(&mut self, issued: &IssuedToken) -> Outcome {
        let recent = self.tokens_within_an_hour_of(issued.issued_us);
        if recent.iter().filter(|at_us| **at_us <= issued.issued_us).count() >= 10 {
            return Err(vec!["TooManyTokens"]);
        }
        self.tokens_us.push(issued.issued_us);
        Ok(None)
    }

    /// The tokens that were issued less than an hour before or after.
    pub(super) fn tokens_within_an_hour_of(&self, now_us: i64) -> Vec<i64> {
        let hour_us = 60 * 60 * 1_000_000;
        self.tokens_us.iter().copied().filter(|at_us| now_us.abs_diff(*at_us) < hour_us).collect()
    }
}
