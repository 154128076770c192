//! What a row says that a phone is to be, where a whole file says how a directory is to be.

use directory::{PhoneId, PhoneName, PhoneNumber};
use serde::Deserialize;

use super::command::parse_name;
use super::fields::{Cell, Field, Fields};
use super::{Fault, number};

/// What a phone is to be. What is absent stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The id that it has.
    pub id: Option<PhoneId>,
    /// Its number.
    pub number: Option<PhoneNumber>,
    /// Its name.
    pub name: Option<PhoneName>,
    /// All of its skills.
    pub skills: Option<Vec<WantedSkill>>,
}

/// A skill that a phone is to have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedSkill {
    /// Its name.
    pub name: String,
    /// The place of the phone in the ring order, from 1, if the row gives one.
    #[serde(default)]
    pub position: Option<u64>,
}

impl Fields<'_> {
    /// Reads what the row wants.
    pub fn wanted(mut self) -> Result<Wanted, Vec<Fault>> {
        let id = self.optional(Field::Id, |text| text.parse().map_err(str::to_owned));
        let number = self.optional(Field::Number, number::parse);
        let name = self.optional(Field::Name, parse_name);
        self.refuse(&[Field::Action, Field::Phone, Field::Assign, Field::Unassign], "sync");
        let skills = if *self.cell(Field::Skills) == Cell::Empty {
            Some(Vec::new())
        } else {
            self.skills_with_positions()
        };
        if id.is_none() && number.is_none() && name.is_none() && self.faults.is_empty() {
            self.faults.push(Fault::of_row("missing", "the row has neither id, number nor name"));
        }
        if self.faults.is_empty() {
            Ok(Wanted { id, number, name, skills })
        } else {
            Err(self.faults)
        }
    }

    fn skills_with_positions(&mut self) -> Option<Vec<WantedSkill>> {
        if let Cell::Placed(_) = self.cell(Field::Skills) {
            let (Cell::Placed(skills), name) = self.take(Field::Skills) else { return None };
            if skills.iter().any(|skill| skill.position == Some(0)) {
                let detail = format!("{name}: a position is counted from 1");
                self.faults.push(Fault::of("skills", "invalid", detail));
            }
            return Some(skills);
        }
        let names = self.list(Field::Skills)?;
        Some(names.into_iter().map(|name| WantedSkill { name, position: None }).collect())
    }
}
