//! The fields of a row before they are validated.

use std::borrow::Cow;
use std::fmt;

use directory::Escaped;
use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Fault, REFUSED};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Number,
    Name,
    Skills,
    Action,
    Id,
    Phone,
    Assign,
    Unassign,
}

/// The names of the fields: first the one of each in the API, in their order, then those of
/// `PhoneManageV2`, which only CSV may have.
const NAMES: [(&str, Field); Field::COUNT + 5] = [
    ("number", Field::Number),
    ("name", Field::Name),
    ("skills", Field::Skills),
    ("action", Field::Action),
    ("id", Field::Id),
    ("phone", Field::Phone),
    ("assign", Field::Assign),
    ("unassign", Field::Unassign),
    ("phoneNumber", Field::Number),
    ("phoneName", Field::Name),
    ("skill", Field::Skills),
    ("assignSkill", Field::Assign),
    ("unAssignSkill", Field::Unassign),
];

/// How similar the name of a column must be to a known one, from 0 to 1, to be taken for a slip.
const SIMILARITY_MIN: f64 = 0.9;

fn folded(column: &str) -> String {
    column.chars().filter(|one| one.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Field {
    const COUNT: usize = 8;

    /// The field of a column, and the name as in [`NAMES`]: in any case, also written as
    /// `Phone Number` or `phone_number`.
    pub fn find(column: &str) -> Option<(Self, &'static str)> {
        let column = folded(column);
        let found = NAMES.iter().find(|(known, _)| folded(known) == column);
        found.map(|(name, field)| (*field, *name))
    }

    /// The field with the most similar name, if it is so similar that it may be meant.
    pub fn nearly(column: &str) -> Option<(Self, &'static str)> {
        let column = folded(column);
        let measured = NAMES
            .iter()
            .map(|(name, field)| (strsim::jaro_winkler(&folded(name), &column), *field, *name));
        let (similarity, field, name) = measured.max_by(|(a, ..), (b, ..)| a.total_cmp(b))?;
        (similarity >= SIMILARITY_MIN).then_some((field, name))
    }

    fn of_api(name: &str) -> Option<Self> {
        let found = NAMES[..Self::COUNT].iter().find(|(known, _)| *known == name);
        found.map(|(_, field)| *field)
    }

    /// The name in the API.
    pub fn name(self) -> &'static str {
        NAMES[self as usize].0
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Cell<'r> {
    /// The row does not have the field.
    #[default]
    Absent,
    /// An empty CSV cell. The same as absent for optional fields, but for the skills of an upsert.
    Empty,
    /// A text of JSON.
    Text(Cow<'r, str>),
    /// A cell of CSV.
    Csv {
        /// What is in it.
        text: Cow<'r, str>,
        /// Whether a spreadsheet leaves it as it is: `'0123` and `="0123"` are texts, `0123` is 123.
        is_text: bool,
    },
    /// A list of JSON.
    List(Vec<Item>),
    Null,
    /// Any other JSON value.
    Other,
}

/// A member of a list of skills.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Item {
    /// A name.
    Name(String),
    /// A name with a position in the ring order, as an export has it.
    Placed { name: String, position: u64 },
}

impl<'r> Cell<'r> {
    /// Takes any value, so that all errors of a row are found.
    fn from_json(value: &'r RawValue) -> Result<Self, String> {
        let json = value.get();
        let cell: serde_json::Result<_> = match json.as_bytes().first() {
            Some(b'"') => serde_json::from_str(json).map(|Text(text)| Self::Text(text)),
            Some(b'[') => serde_json::from_str(json).map(Self::List),
            Some(b'n') => Ok(Self::Null),
            _ => Ok(Self::Other),
        };
        cell.or_else(|error| match error.to_string().split_once(" at line ") {
            // Its place is one in the value, not in the row.
            Some((why, _)) if !error.is_data() => Err(why.to_owned()),
            _ => Ok(Self::Other),
        })
    }
}

#[derive(Debug, Default)]
pub struct Fields<'r> {
    /// The value of each field, and the name that the file has for it.
    cells: [(Cell<'r>, Option<&'static str>); Field::COUNT],
    /// The errors found so far.
    pub faults: Vec<Fault>,
}

impl<'r> Fields<'r> {
    /// Sets a field from a cell of CSV.
    pub fn set(&mut self, field: Field, name: &'static str, cell: Cell<'r>) {
        self.cells[field as usize] = (cell, Some(name));
    }

    pub fn cell(&self, field: Field) -> &Cell<'r> {
        &self.cells[field as usize].0
    }

    /// Whether a spreadsheet may have taken a `+` or zeros from the number.
    pub fn may_be_cut(&self) -> bool {
        matches!(self.cell(Field::Number), Cell::Csv { is_text: false, .. })
    }

    /// Takes the value of a field, and the name that the file has for it.
    pub fn take(&mut self, field: Field) -> (Cell<'r>, &'static str) {
        let (cell, name) = std::mem::take(&mut self.cells[field as usize]);
        (cell, name.unwrap_or_else(|| field.name()))
    }

    pub fn from_json(text: &'r str) -> Result<Self, Vec<Fault>> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let read = serde::Deserializer::deserialize_map(&mut deserializer, ObjectVisitor);
        let read = read.and_then(|fields| deserializer.end().map(|()| fields));
        read.map_err(|error| {
            if !text.starts_with('{') {
                return vec![Fault::of_row("invalid_json", "a row is a JSON object")];
            }
            // A row is one line, so serde always names line 1: drop it.
            let reason = error.to_string().replace("line 1 column", "column");
            let detail = format!("not JSON: {reason}");
            vec![Fault::of_row("invalid_json", detail)]
        })
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(Text(key)) = object.next_key()? {
            let Some(field) = Field::of_api(&key) else {
                object.next_value::<IgnoredAny>()?;
                if key == REFUSED {
                    continue;
                }
                let detail = format!("{}: there is no such field here", Escaped(&key));
                fields.faults.push(Fault::of(key.into_owned(), "unknown_field", detail));
                continue;
            };
            let name = field.name();
            let cell = Cell::from_json(object.next_value()?).map_err(A::Error::custom)?;
            if fields.cells[field as usize].1.is_some() {
                let detail = format!("{name}: is given twice");
                fields.faults.push(Fault::of(field.name(), "duplicate", detail));
            }
            fields.cells[field as usize] = (cell, Some(name));
        }
        Ok(fields)
    }
}

/// A text, borrowed if it has no escapes.
#[derive(Deserialize)]
struct Text<'r>(#[serde(borrow)] Cow<'r, str>);
