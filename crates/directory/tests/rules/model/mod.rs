//! The model: a phone directory as a list of numbers and names, and a list of phones for each skill.
//! It has no positions and no indexes, and uses no code of the rules.

mod skills;

use std::collections::BTreeMap;

use super::*;
use directory::command::{PhoneLookup, Row, SaveMode, SkillEdit};
use directory::value::IssuedToken;

/// The directory. A refusal or a fault is the name of its kind.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) limit: usize,
    /// The number and the name of each phone in the order in which they were created, if it is still
    /// there.
    pub(super) phones: Vec<Option<(String, String)>>,
    /// The phones of each skill, the one that rings first in front.
    pub(super) rings: BTreeMap<String, Vec<PhoneId>>,
    /// When tokens were issued, ever.
    pub(super) tokens_us: Vec<i64>,
    /// The hash of the account's own API key.
    pub(super) main_key: [u8; 32],
    /// How many API keys there are beside it.
    pub(super) keys: usize,
    /// The directory before a request of which only the end counts.
    before: Option<Box<Model>>,
    /// The phone that got a number, or a name in lower case, last.
    newest: BTreeMap<String, PhoneId>,
}

type Kind = &'static str;

/// The result of a command: perhaps a fault in the skills, or all refusals.
type Outcome = Result<Option<Kind>, Vec<Kind>>;

impl Model {
    pub(super) fn new() -> Self {
        Self {
            limit: 1000,
            phones: Vec::new(),
            rings: BTreeMap::new(),
            tokens_us: Vec::new(),
            main_key: [1; 32],
            keys: 0,
            before: None,
            newest: BTreeMap::new(),
        }
    }

    /// The id, the number and the name of each phone.
    pub(super) fn listed(&self) -> impl Iterator<Item = (PhoneId, &str, &str)> {
        let phones = (1..).map(PhoneId).zip(&self.phones);
        phones.filter_map(|(id, phone)| {
            phone.as_ref().map(|(number, name)| (id, number.as_str(), name.as_str()))
        })
    }

    /// The numbers of each skill.
    pub(super) fn numbers(&self) -> BTreeMap<String, Vec<String>> {
        let number = |id: &PhoneId| self.phone(*id).unwrap().0.clone();
        let numbers = |ring: &Vec<PhoneId>| ring.iter().map(number).collect();
        self.rings.iter().map(|(skill, ring)| (skill.clone(), numbers(ring))).collect()
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
                let name_new = name_new.as_ref().map(ToString::to_string);
                self.edit(self.find_named(phone)?, number_new, name_new, skills)
            }
            Command::UpsertPhone { id, number, name, skills, trusts_id } => {
                let number = number.map(|number| number.to_string());
                let name = name.as_ref().map(ToString::to_string);
                self.upsert(*id, number, name, skills, *trusts_id)
            }
            Command::DeletePhone { phone } => {
                let id = self.find_named(phone)?;
                self.phones[id.0 as usize - 1] = None;
                self.rings.values_mut().for_each(|ring| ring.retain(|held| *held != id));
                Ok(None)
            }
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
            | Command::EditRouting { .. }
            | Command::Expecting { .. } => unreachable!("not a command about one thing"),
        }
    }

    fn several(&mut self, rows: &[Row], mode: SaveMode) -> Vec<String> {
        let mut faults = Vec::new();
        let mut all = self.clone();
        if mode != SaveMode::GoodRows {
            all.before = Some(Box::new(self.clone()));
        }
        // Each number and each name that a row gave to a phone.
        let mut given = Vec::new();
        for row in rows {
            let mut with_row = all.clone();
            match with_row.one(&row.command) {
                Ok(None) => {
                    for (id, number, name) in with_row.listed() {
                        let old = all.phone(id);
                        if old.is_none_or(|old| old.0 != number) {
                            given.push((row.line, id, number.to_owned(), "NumberTaken"));
                        }
                        if old.is_none_or(|old| !is_same(&old.1, name)) {
                            given.push((row.line, id, name.to_owned(), "NameTaken"));
                        }
                    }
                    all = with_row;
                }
                Ok(Some(kind)) => faults.push((row.line, kind.to_owned())),
                Err(kinds) => faults.push((row.line, kinds.join("+"))),
            }
        }
        for (index, (line, id, value, kind)) in given.iter().enumerate() {
            let has = |model: &Self, id| {
                model.phone(id).is_some_and(|(number, name)| {
                    is_same(value, if *kind == "NumberTaken" { number } else { name })
                })
            };
            let has_it = |id: &PhoneId| has(&all, *id);
            let kept = self.listed().map(|(id, ..)| id).find(|id| has(self, *id) && has_it(id));
            let earlier =
                given[..index].iter().filter(|one| one.3 == *kind && is_same(&one.2, value));
            let owner = kept.or_else(|| earlier.map(|one| one.1).find(has_it));
            if has_it(id) && owner.is_some_and(|owner| owner != *id) {
                match faults.iter_mut().find(|(other, _)| other == line) {
                    Some((_, kinds)) => *kinds = format!("{kinds}+{kind}"),
                    None => faults.push((*line, (*kind).to_owned())),
                }
            }
        }
        faults.sort_by_key(|(line, _)| *line);
        let is_saved = match mode {
            SaveMode::AllOrNothing => faults.is_empty(),
            SaveMode::GoodRows => true,
            SaveMode::Nothing => false,
        };
        if is_saved {
            *self = Self { before: None, ..all };
        }
        faults.into_iter().map(|(line, kinds)| format!("{line} {kinds}")).collect()
    }

    fn create(&mut self, number: &str, name: &str, skills: &SkillEdit) -> Outcome {
        let is_full = self.listed().count() >= self.limit;
        self.check(self.taken(None, number, name), is_full, skills)?;
        self.phones.push(None);
        let id = PhoneId(u32::try_from(self.phones.len()).unwrap());
        self.set(id, number, name);
        Ok(self.edit_skills(id, skills))
    }

    fn edit(
        &mut self,
        id: PhoneId,
        number: Option<String>,
        name: Option<String>,
        skills: &SkillEdit,
    ) -> Outcome {
        let old = self.phone(id).unwrap().clone();
        let (number, name) = (number.unwrap_or(old.0), name.unwrap_or(old.1));
        let is_full = self.listed().count() > self.limit;
        self.check(self.taken(Some(id), &number, &name), is_full, skills)?;
        self.set(id, &number, &name);
        Ok(self.edit_skills(id, skills))
    }

    fn set(&mut self, id: PhoneId, number: &str, name: &str) {
        let old = self.phones[id.0 as usize - 1].replace((number.into(), name.into()));
        if old.as_ref().is_none_or(|old| old.0 != number) {
            self.newest.insert(number.into(), id);
        }
        if old.is_none_or(|old| old.1 != name) {
            self.newest.insert(name.to_lowercase(), id);
        }
    }

    /// The phone with a number or a name. Where several have it, it is that of the one that got it
    /// last, or else of the oldest.
    fn holder(&self, key: &str, has: impl Fn(&str, &str) -> bool) -> Option<PhoneId> {
        let holders = || self.listed().filter(|(_, number, name)| has(number, name));
        let newest = self.newest.get(&key.to_lowercase());
        let newest = holders().find(|(id, ..)| Some(id) == newest);
        newest.or_else(|| holders().next()).map(|(id, ..)| id)
    }

    fn upsert(
        &mut self,
        id: Option<PhoneId>,
        number: Option<String>,
        name: Option<String>,
        skills: &SkillEdit,
        trusts_id: bool,
    ) -> Outcome {
        if let Some(id) = id {
            let now = self.phone(id).ok_or(vec!["IdOfOther"])?;
            let known = self.before.as_ref().and_then(|before| before.phone(id)).unwrap_or(now);
            let fits = number.as_ref() == Some(&known.0)
                || name.as_ref().is_some_and(|name| is_same(name, &known.1));
            if !fits && !trusts_id {
                return Err(vec!["IdOfOther"]);
            }
            return self.edit(id, number, name, skills);
        }
        let number = number.ok_or(vec!["NoSuchNumber"])?;
        match (self.holder(&number, |held, _| held == number), name) {
            (Some(id), name) => self.edit(id, Some(number), name, skills),
            (None, Some(name)) => self.create(&number, &name, skills),
            (None, None) => Err(vec!["NameMissing"]),
        }
    }

    /// The phone with that id.
    pub(super) fn phone(&self, id: PhoneId) -> Option<&(String, String)> {
        self.phones.get(id.0 as usize - 1)?.as_ref()
    }

    /// The phone that a command names.
    fn find_named(&self, phone: &PhoneLookup) -> Result<PhoneId, Vec<Kind>> {
        let earlier = self.before.as_ref().and_then(|before| before.find(phone).ok());
        match earlier.filter(|id| self.phone(*id).is_some()) {
            Some(id) => Ok(id),
            None => self.find(phone),
        }
    }

    pub(super) fn find(&self, phone: &PhoneLookup) -> Result<PhoneId, Vec<Kind>> {
        let has_name = |name: &str| phone.name.as_ref().is_none_or(|given| is_same(given, name));
        let id = match (phone.id, &phone.number) {
            (Some(id), number) => {
                let held = self.phone(id).ok_or(vec!["NoSuchPhone"])?;
                if number.as_ref().is_some_and(|number| *number != held.0) {
                    return Err(vec!["Changed"]);
                }
                id
            }
            (None, Some(number)) => {
                self.holder(number, |held, _| held == number).ok_or(vec!["NoSuchNumber"])?
            }
            (None, None) => {
                let name = phone.name.as_deref().unwrap_or_default();
                return self.holder(name, |_, held| is_same(held, name)).ok_or(vec!["NoSuchName"]);
            }
        };
        if has_name(&self.phone(id).unwrap().1) { Ok(id) } else { Err(vec!["OtherName"]) }
    }

    fn taken(&self, itself: Option<PhoneId>, number: &str, name: &str) -> Vec<Kind> {
        let now = itself.and_then(|id| self.phone(id));
        let has_number = now.is_some_and(|now| now.0 == number);
        let has_name = now.is_some_and(|now| is_same(&now.1, name));
        let number = !has_number && self.listed().any(|(_, held, _)| held == number);
        let name = !has_name && self.listed().any(|(.., held)| is_same(held, name));
        let number = number.then_some("NumberTaken");
        number.into_iter().chain(name.then_some("NameTaken")).collect()
    }

    /// All refusals of a phone; only the first one if the command is not strict.
    fn check(&self, taken: Vec<Kind>, is_full: bool, edit: &SkillEdit) -> Result<(), Vec<Kind>> {
        let skills = if edit.is_strict { self.skill_faults(edit) } else { Vec::new() };
        let others: Vec<_> = skills.into_iter().chain(is_full.then_some("LimitExceeded")).collect();
        // What is taken may be free in the end.
        if self.before.is_some() && (others.is_empty() || !edit.is_strict) {
            return if others.is_empty() { Ok(()) } else { Err(others) };
        }
        let mut faults = [taken, others].concat();
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

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
