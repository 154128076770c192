//! What the columns of a file are: as their names say, or as somebody says by hand.

use axum::http::StatusCode;

use super::upload::Upload;
use crate::http::console::fields::Fields;
use crate::http::console::page::Problem;
use crate::rows::{FileFault, Header, field_of};
use crate::words::sentence;

/// What a column can be, beside what its name says and being ignored.
const FIELDS: [&str; 3] = ["number", "name", "skills"];

/// A column of a file.
pub struct Column {
    pub name: String,
    /// Its cell in the first row.
    pub example: String,
    /// The field that it is; empty if it is ignored.
    pub field: &'static str,
    /// What it can be.
    pub choices: Vec<&'static str>,
}

/// What was chosen for all columns, in their order; empty if nothing was yet.
pub fn chosen(fields: &Fields) -> String {
    fields.all("column").collect::<Vec<_>>().join(",")
}

/// The columns of a file.
pub fn columns(upload: &Upload) -> Result<(Header, Vec<Column>), FileFault> {
    let header = Header::read(&upload.file)?;
    let chosen: Vec<_> = upload.fields.all("column").collect();
    let has_action = header.columns.iter().any(|name| field_of(name) == Some("action"));
    let mut columns: Vec<Column> = Vec::with_capacity(header.columns.len());
    for (index, name) in header.columns.iter().enumerate() {
        // Where rows say no action, a column `Phone` has nothing but numbers.
        let said = match field_of(name) {
            Some("phone") if !has_action => Some("number"),
            said => said,
        };
        let is_new = |field: &&str| columns.iter().all(|other| other.field != *field);
        let mut choices = FIELDS.to_vec();
        choices.extend(said.filter(|said| !FIELDS.contains(said)));
        let field = match chosen.get(index) {
            Some(chosen) => choices.iter().copied().find(|field| field == chosen),
            None => said.filter(is_new),
        };
        let example = header.first_row.get(index).cloned().unwrap_or_default();
        columns.push(Column {
            name: name.clone(),
            example,
            field: field.unwrap_or_default(),
            choices,
        });
    }
    Ok((header, columns))
}

/// The file with a header that says what its columns are.
pub fn mapped(upload: &Upload) -> Result<Vec<u8>, Problem> {
    let refuse = |detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
    let (header, columns) =
        columns(upload).map_err(|fault| refuse(sentence(&fault.to_string())))?;
    let fields: Vec<_> = columns.iter().map(|column| column.field).collect();
    if !fields.iter().any(|field| ["number", "id", "action"].contains(field)) {
        return Err(refuse("No column has the numbers. Say which one it is.".to_owned()));
    }
    Ok(header.replaced(&fields))
}
