//! The fields of a row, as they were given.

use std::borrow::Cow;
use std::fmt;

use directory::Escaped;
use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Fault, Kind};

/// A field that a row can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Action,
    Phone,
    Number,
    Name,
    Skills,
    Assign,
    Unassign,
}

impl Field {
    pub const COUNT: usize = Self::ALL.len();
    pub const ALL: [Self; 7] = [
        Self::Action,
        Self::Phone,
        Self::Number,
        Self::Name,
        Self::Skills,
        Self::Assign,
        Self::Unassign,
    ];

    /// The field with that name, and the name as it is told: as the file has it.
    pub fn find(name: &str, kind: Kind) -> Option<(Self, &'static str)> {
        const NAMES: [(&str, Field); 9] = [
            ("number", Field::Number),
            ("name", Field::Name),
            ("skills", Field::Skills),
            ("phoneNumber", Field::Number),
            ("phoneName", Field::Name),
            // An import has those above.
            ("action", Field::Action),
            ("phone", Field::Phone),
            ("assign", Field::Assign),
            ("unassign", Field::Unassign),
        ];
        let names = if kind == Kind::Import { &NAMES[..5] } else { &NAMES[..] };
        let found = names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(name, field)| (*field, *name))
    }

    /// The name that it is told by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Phone => "phone",
            Self::Number => "number",
            Self::Name => "name",
            Self::Skills => "skills",
            Self::Assign => "assign",
            Self::Unassign => "unassign",
        }
    }

    /// Whether it lists skills.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Skills | Self::Assign | Self::Unassign)
    }
}

/// What a row says of a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Cell<'r> {
    /// Nothing.
    #[default]
    Absent,
    /// An empty cell: nothing, where it may be absent.
    Empty,
    /// A text, which may be a list with commas.
    Text(Cow<'r, str>),
    /// A list.
    List(Vec<String>),
    /// `null`.
    Null,
    /// Something else.
    Other,
}

/// The fields of a row.
#[derive(Debug, Default)]
pub struct Fields<'r> {
    cells: [(Cell<'r>, Option<&'static str>); Field::COUNT],
    /// Whether lists are texts with commas.
    pub is_csv: bool,
    /// What is wrong already.
    pub faults: Vec<Fault>,
}

impl<'r> Fields<'r> {
    /// Sets the field with that index in [`Field::ALL`].
    pub fn set(&mut self, index: usize, name: &'static str, cell: Cell<'r>) {
        self.is_csv = true;
        self.cells[index] = (cell, Some(name));
    }

    /// Takes what is said of a field, and the name by which the file has it.
    pub fn take(&mut self, field: Field) -> (Cell<'r>, &'static str) {
        let (cell, name) = std::mem::take(&mut self.cells[field as usize]);
        (cell, name.unwrap_or(field.name()))
    }

    /// Reads a JSON object.
    pub fn of_json(text: &'r str, kind: Kind) -> Result<Self, Vec<Fault>> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let read = serde::Deserializer::deserialize_map(&mut deserializer, ObjectVisitor { kind });
        let read = read.and_then(|fields| deserializer.end().map(|()| fields));
        read.map_err(|error| {
            if !text.starts_with('{') {
                return vec![Fault::of_row("invalid_json", "a row is a JSON object")];
            }
            // The line within the row is always the first.
            let told = error.to_string().replace("line 1 column", "column");
            let detail = format!("not JSON: {told}");
            vec![Fault::of_row("invalid_json", detail)]
        })
    }
}

struct ObjectVisitor {
    kind: Kind,
}

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(Key(key)) = object.next_key()? {
            let Some((field, name)) =
                Field::find(&key, self.kind).filter(|(_, name)| *name == key.as_ref())
            else {
                object.next_value::<IgnoredAny>()?;
                let detail = format!("{}: there is no such field here", Escaped(&key));
                fields.faults.push(Fault::of(key.into_owned(), "unknown_field", detail));
                continue;
            };
            let cell = object.next_value()?;
            if fields.cells[field as usize].1.is_some() {
                let detail = format!("{name}: is given twice");
                fields.faults.push(Fault::of(field.name(), "duplicate", detail));
            }
            fields.cells[field as usize] = (cell, Some(name));
        }
        Ok(fields)
    }
}

struct Key<'r>(Cow<'r, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(CellVisitor)? {
            Cell::Text(text) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("a key must be a string")),
        }
    }
}

impl<'de> Deserialize<'de> for Cell<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

/// Takes any value, so that the others of the row are read as well.
struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(text.to_owned().into()))
    }

    fn visit_unit<E>(self) -> Result<Cell<'de>, E> {
        Ok(Cell::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Cell<'de>, E> {
        Ok(Cell::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Cell<'de>, E> {
        Ok(Cell::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Cell<'de>, E> {
        Ok(Cell::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Cell<'de>, E> {
        Ok(Cell::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Cell<'de>, A::Error> {
        let (mut items, mut are_texts) = (Vec::new(), true);
        while let Some(item) = list.next_element::<Cell<'de>>()? {
            match item {
                Cell::Text(text) => items.push(text.into_owned()),
                _ => are_texts = false,
            }
        }
        Ok(if are_texts { Cell::List(items) } else { Cell::Other })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Cell<'de>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::Other)
    }
}
