//! The columns of a file, by its header.

use super::fields::{Cell, Field, Fields};
use super::record::Record;
use super::{Fault, FileFault, Kind};

/// Where the columns stand.
pub struct Columns {
    /// For each field the column and its name there.
    places: [Option<(usize, &'static str)>; Field::COUNT],
    /// How many there are, also of those that mean nothing here.
    count: usize,
}

impl Columns {
    /// Reads a header. Columns that an import does not know are those of the file's owner; in a
    /// bulk request each means something, so that one which is misspelt is not passed over.
    pub fn find(header: &Record, kind: Kind) -> Result<Self, FileFault> {
        let (mut places, mut unknown) = ([None; Field::COUNT], None);
        for index in 0..header.len() {
            let name = header.cell(index).trim();
            let Some((field, name)) = Field::find(name, kind) else {
                if !name.is_empty() {
                    unknown = unknown.or(Some(name));
                }
                continue;
            };
            if places[field as usize].replace((index, name)).is_some() {
                return Err(FileFault::Twice(name));
            }
        }
        let needed: &[Field] = match kind {
            Kind::Import => &[Field::Number, Field::Name],
            Kind::Bulk => &[Field::Action],
        };
        if needed.iter().any(|field| places[*field as usize].is_none()) {
            return Err(FileFault::Header { kind });
        }
        if let (Kind::Bulk, Some(name)) = (kind, unknown) {
            return Err(FileFault::UnknownColumn(name.chars().take(64).collect()));
        }
        Ok(Self { places, count: header.len() })
    }

    /// The fields of a row.
    pub fn fields<'r>(&self, record: &'r Record) -> Result<Fields<'r>, Vec<Fault>> {
        let beyond =
            (self.count..record.len()).find(|index| !record.cell(*index).trim().is_empty());
        if beyond.is_some() {
            let (cells, columns) = (record.len(), self.count);
            return Err(vec![Fault::of_row(
                "too_many_cells",
                format!(
                    "the row has {cells} cells and the header {columns}: put quotes around a list \
                     of skills, as in \"Sales,Support\""
                ),
            )]);
        }
        let mut fields = Fields::default();
        for (index, place) in self.places.iter().enumerate() {
            let Some((column, name)) = place else { continue };
            fields.set(index, name, cell(record.cell(*column), Field::ALL[index]));
        }
        Ok(fields)
    }
}

/// What a cell says, without what spreadsheets put around it.
fn cell(text: &str, field: Field) -> Cell<'_> {
    let text = if field.is_list() { text.trim() } else { text.trim_matches(is_invisible) };
    // Typed before a text so that a spreadsheet leaves it alone; our own export writes it as well.
    let bare = text.strip_prefix('\'').unwrap_or(text);
    if bare.is_empty() { Cell::Empty } else { Cell::Text(bare.into()) }
}

/// White space, and the marks of direction that come along when a number is copied.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}
