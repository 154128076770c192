//! Which phone each row is about.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use directory::{Phone, PhoneId, Refusal};

use super::file::Row;
use super::{Current, Refused};

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    Phone(PhoneId),
    New,
    Refused,
}

/// What the rows are about.
pub struct Matching<'f> {
    rows: &'f [Row],
    /// Of each row.
    pub meant: Vec<Meant>,
    /// The row of each phone that has one.
    row_of: HashMap<PhoneId, usize>,
    pub refused: Vec<Refused>,
}

impl<'f> Matching<'f> {
    /// A row is about the phone with its `id`, if that has the number or the name too, or ids are
    /// trusted; else about the one with its number, else with its name. Ids come first, and names last,
    /// wherever they are in the file: a phone that gets another number leaves its old one to others.
    /// An `id` of another phone refuses the row, unless there is a phone with both, as after a file of
    /// another account was synced once.
    pub fn new(current: &Current, rows: &'f [Row], trusts_ids: bool) -> Self {
        let meant = vec![Meant::New; rows.len()];
        let mut matching = Self { rows, meant, row_of: HashMap::new(), refused: Vec::new() };
        let phones = &current.phones;
        let mut rest = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let found = row.id.and_then(|id| Some((id, phones.get(id)?)));
            match found {
                None if trusts_ids && let Some(id) = row.id => {
                    matching.refuse(index, Refusal::IdOfOther { id, phone: None }.to_string());
                }
                None => rest.push(index),
                Some((id, phone)) if trusts_ids || fits(row, phone) => {
                    matching.claim(index, (id, phone), |_, _| true);
                }
                Some(_) if both(current, row).is_some() => rest.push(index),
                Some((id, phone)) => {
                    let phone = Some((phone.number, phone.name.clone()));
                    matching.refuse(index, Refusal::IdOfOther { id, phone }.to_string());
                }
            }
        }
        let has_number = |other: &Row, phone: &Phone| other.number_of(phone) == phone.number;
        rest.retain(|index| {
            let found = rows[*index].number.and_then(|number| phones.by_number(number));
            !found.is_some_and(|found| matching.claim(*index, found, has_number))
        });
        let has_name =
            |other: &Row, phone: &Phone| other.name_of(phone).matches(phone.name.as_str());
        for index in rest {
            let name = rows[index].name.as_ref();
            if let Some(found) = name.and_then(|name| phones.by_name(name.as_str())) {
                matching.claim(index, found, has_name);
            }
        }
        matching
    }

    /// The row that is about a phone.
    pub fn row_of(&self, phone: PhoneId) -> Option<&'f Row> {
        self.row_of.get(&phone).map(|index| &self.rows[*index])
    }

    pub fn refuse(&mut self, index: usize, why: impl Into<String>) {
        self.meant[index] = Meant::Refused;
        self.refused.push(Refused { line: self.rows[index].line, why: why.into() });
    }

    /// Takes a phone for a row. Of two rows for which it `keeps` what both name, the second one is
    /// refused. Returns false if the other one leaves that.
    fn claim(
        &mut self,
        index: usize,
        (id, phone): (PhoneId, &Phone),
        keeps: impl Fn(&Row, &Phone) -> bool,
    ) -> bool {
        match self.row_of.entry(id) {
            Entry::Vacant(free) => {
                free.insert(index);
                self.meant[index] = Meant::Phone(id);
                true
            }
            Entry::Occupied(other) if keeps(&self.rows[*other.get()], phone) => {
                let line = self.rows[*other.get()].line;
                let why =
                    format!("{id}, {}, \"{}\": line {line} has it too", phone.number, phone.name);
                self.refuse(index, why);
                true
            }
            Entry::Occupied(_) => false,
        }
    }
}

/// Whether the phone with the id of a row has its number or its name too.
fn fits(row: &Row, phone: &Phone) -> bool {
    let has_name = |name: &directory::PhoneName| phone.name.matches(name.as_str());
    row.number == Some(phone.number) || row.name.as_ref().is_some_and(has_name)
}

/// The phone with the number and the name of a row.
fn both(current: &Current, row: &Row) -> Option<PhoneId> {
    let (id, phone) = current.phones.by_number(row.number?)?;
    phone.name.matches(row.name.as_ref()?.as_str()).then_some(id)
}
