//! What a row says that a phone is to be, where a whole file says how a directory is to be.

use directory::{PhoneId, PhoneName, PhoneNumber};

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
    pub skills: Option<Vec<String>>,
    /// Positions in the ring orders of some of these.
    pub positions: Vec<(String, u64)>,
}

/// Reads what a row wants.
pub fn read(mut fields: Fields<'_>) -> Result<Wanted, Vec<Fault>> {
    let id = fields.optional(Field::Id, |text| text.parse().map_err(str::to_owned));
    let number = fields.optional(Field::Number, number::parse);
    let name = fields.optional(Field::Name, parse_name);
    fields.refuse(&[Field::Action, Field::Phone, Field::Assign, Field::Unassign], "sync");
    let empty = (*fields.cell(Field::Skills) == Cell::Empty).then(Vec::new);
    let (skills, positions) = fields.placed();
    if id.is_none() && number.is_none() && name.is_none() && fields.faults.is_empty() {
        fields.faults.push(Fault::of_row("missing", "the row has neither id, number nor name"));
    }
    if !fields.faults.is_empty() {
        return Err(fields.faults);
    }
    Ok(Wanted { id, number, name, skills: skills.or(empty), positions })
}
