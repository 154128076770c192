//! The columns of a CSV file, from its header.

use std::borrow::Cow;

use super::fields::{Cell, Field, Fields};
use super::record::Record;
use super::{Action, Fault, FileFault};

/// Most characters of the name of a column that is told.
const COLUMN_CHARACTERS_MAX: usize = 64;

pub struct Columns {
    /// The known columns: the field, its name in the file, the index.
    known: Vec<(Field, &'static str, usize)>,
    /// The names of the others.
    pub ignored: Vec<String>,
    count: usize,
}

impl Columns {
    /// Reads a header. Unknown columns are ignored, because spreadsheets have columns of their own; but
    /// neither one that looks like a known one that the header lacks, nor any beside an `action`.
    pub fn find(header: &Record, action: Action) -> Result<Self, FileFault> {
        let (mut known, mut ignored) = (Vec::new(), Vec::new());
        for index in 0..header.cells {
            let column = header.cell(index).trim();
            let Some((field, name)) = Field::find(column) else {
                if !column.is_empty() {
                    ignored.push(column.chars().take(COLUMN_CHARACTERS_MAX).collect::<String>());
                }
                continue;
            };
            if known.iter().any(|(other, _, _)| *other == field) {
                return Err(FileFault::Twice(name));
            }
            known.push((field, name, index));
        }
        let has = |field| known.iter().any(|(other, _, _)| *other == field);
        for column in &ignored {
            if let Some((_, meant)) = Field::nearly(column).filter(|(field, _)| !has(*field)) {
                return Err(FileFault::Misspelt { column: column.clone(), meant });
            }
        }
        match ignored.first() {
            Some(column) if has(Field::Action) => {
                return Err(FileFault::UnknownColumn(column.clone()));
            }
            _ if has(Field::Action) || action.has_enough(has) => {}
            _ => {
                let found: Vec<_> = (0..header.cells).map(|index| header.cell(index)).collect();
                return Err(FileFault::Header(action, found.join(",")));
            }
        }
        Ok(Self { known, ignored, count: header.cells })
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
            fields.set(*field, name, cell(record.cell(*index)));
        }
        Ok(fields)
    }
}

/// The value of a cell without what spreadsheets put around it.
fn cell(text: &str) -> Cell<'_> {
    let text = text.trim_matches(is_invisible);
    // People type an apostrophe so that a spreadsheet keeps the text; our export writes it too.
    let bare = text.strip_prefix('\'').map(Cow::Borrowed);
    // Other programs write the text as a formula.
    let formula = || {
        let quoted = text.strip_prefix("=\"")?.strip_suffix('"')?;
        Some(Cow::Owned(quoted.replace("\"\"", "\"")))
    };
    let kept = bare.or_else(formula);
    let is_text = kept.is_some();
    let text = kept.unwrap_or(Cow::Borrowed(text));
    if text.is_empty() { Cell::Empty } else { Cell::Csv { text, is_text } }
}

/// The names of skills in a cell: separated by commas or, where there is none, by semicolons. So a
/// single name that has a semicolon needs a comma behind it.
pub fn split_skills(text: &str) -> impl Iterator<Item = &str> {
    let separator = if text.contains(',') { ',' } else { ';' };
    text.split(separator)
        .map(|name| name.trim_matches(is_invisible))
        .filter(|name| !name.is_empty())
}

/// White space, and the direction marks that come with a number copied from elsewhere.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}
