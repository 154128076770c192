//! The header of a CSV file apart from its rows, for somebody who says what each column is.

use super::fields::Field;
use super::records::Records;
use super::{Action, FileFault, Format};

/// A header, and what follows it.
pub struct Header {
    /// The names of the columns, as the file has them.
    pub columns: Vec<String>,
    /// The cells of the first row.
    pub first_row: Vec<String>,
    separator: u8,
    /// The rows as UTF-8, and the line where they begin.
    rows: Vec<u8>,
    line: u64,
}

impl Header {
    /// Reads the header of a file. A file without one is refused.
    pub fn read(file: &[u8]) -> Result<Self, FileFault> {
        let mut records = Records::new(Format::Csv);
        records.push(file);
        records.finish();
        let cells = |records: &Records| -> Vec<_> {
            let record = &records.current;
            (0..record.cells).map(|index| record.cell(index).trim().to_owned()).collect()
        };
        if !records.advance()? {
            return Err(FileFault::Header(Action::Upsert, String::new()));
        }
        let columns = cells(&records);
        let (rows, line) = records.rest();
        let (rows, separator) = (rows.to_vec(), records.separator);
        // A fault of the first row is told with those of the others.
        let has_row = records.advance().unwrap_or(false);
        let first_row = if has_row { cells(&records) } else { Vec::new() };
        Ok(Self { columns, first_row, separator, rows, line })
    }

    /// The file with these fields as the names of its columns; a column without one is ignored. Each
    /// row begins at the line where it did.
    pub fn replaced(&self, fields: &[&str]) -> Vec<u8> {
        let mut file = vec![b'\n'; usize::try_from(self.line).unwrap_or(0).saturating_sub(2)];
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                file.push(self.separator);
            }
            file.extend_from_slice(field.as_bytes());
        }
        file.push(b'\n');
        file.extend_from_slice(&self.rows);
        file
    }
}

/// The field that the name of a column says, or nearly says.
pub fn field_of(column: &str) -> Option<&'static str> {
    Field::find(column).or_else(|| Field::nearly(column)).map(|(field, _)| field.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_replaced_and_rows_stay_where_they_are() {
        for (file, replaced) in [
            ("Tel,Who\n1001,Asha\n", "number,name\n1001,Asha\n"),
            ("Tel;Who\r\n1001;Asha\r\n", "number;name\n1001;Asha\r\n"),
            ("\u{feff}sep=;\n\n\"Tel\nx\";Who\n1001;A", "\n\n\nnumber;name\n1001;A"),
            ("Tel,Who", "number,name\n"),
        ] {
            let header = Header::read(file.as_bytes()).unwrap();
            let text = String::from_utf8(header.replaced(&["number", "name"])).unwrap();
            assert_eq!(text, replaced);
        }
        assert!(matches!(Header::read(b"\n \n"), Ok(_) | Err(FileFault::Header(..))));
        assert!(matches!(Header::read(b""), Err(FileFault::Header(..))));
    }

    #[test]
    fn a_column_is_the_field_that_it_says_or_nearly_says() {
        let columns = ["Phone Number", "skils", "Department", ""];
        let fields = [Some("number"), Some("skills"), None, None];
        assert_eq!(columns.map(field_of), fields);
    }
}
