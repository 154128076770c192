//! The columns of a CSV file, from its header.

use super::fields::{Cell, Field, Fields};
use super::record::Record;
use super::{Action, Fault, FileFault};

pub struct Columns {
    /// The known columns: the field, its name in the file, the index.
    known: Vec<(Field, &'static str, usize)>,
    count: usize,
}

impl Columns {
    /// Reads a header. Unknown columns are ignored, because spreadsheets have columns of their own;
    /// but not beside an `action`, because a misspelt one would be ignored too.
    pub fn find(header: &Record, action: Action) -> Result<Self, FileFault> {
        let (mut known, mut unknown) = (Vec::new(), None);
        for index in 0..header.cells {
            let name = header.cell(index).trim();
            let Some((field, name)) = Field::find(name) else {
                if !name.is_empty() {
                    unknown = unknown.or(Some(name));
                }
                continue;
            };
            if known.iter().any(|(other, _, _)| *other == field) {
                return Err(FileFault::Twice(name));
            }
            known.push((field, name, index));
        }
        let has = |field| known.iter().any(|(other, _, _)| *other == field);
        match unknown {
            Some(name) if has(Field::Action) => {
                return Err(FileFault::UnknownColumn(name.chars().take(64).collect()));
            }
            _ if has(Field::Action) || action.has_enough(has) => {}
            _ => return Err(FileFault::Header(action)),
        }
        Ok(Self { known, count: header.cells })
    }

    pub fn fields<'r>(&self, record: &'r Record) -> Result<Fields<'r>, Vec<Fault>> {
        let beyond =
            (self.count..record.cells).find(|index| !record.cell(*index).trim().is_empty());
        if beyond.is_some() {
            let (cells, columns) = (record.cells, self.count);
            return Err(vec![Fault::of_row(
                "too_many_cells",
                format!(
                    "the row has {cells} cells and the header {columns}: put quotes around a list \
                     of skills, as in \"Sales,Support\""
                ),
            )]);
        }
        let mut fields = Fields::default();
        for (field, name, index) in &self.known {
            fields.set(*field, name, cell(record.cell(*index), *field));
        }
        Ok(fields)
    }
}

/// The value of a cell without what spreadsheets put around it.
fn cell(text: &str, field: Field) -> Cell<'_> {
    let text = if field.is_list() { text.trim() } else { text.trim_matches(is_invisible) };
    // People type an apostrophe so that a spreadsheet keeps the text; our export writes it too.
    let bare = text.strip_prefix('\'').unwrap_or(text);
    if bare.is_empty() { Cell::Empty } else { Cell::Text(bare.into()) }
}

/// White space, and the direction marks that come with a number copied from elsewhere.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}
