//! Writes the refused rows of a file as they are in it, each with the reason.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::value::{RawValue, to_raw_value};

use super::records::Records;
use super::{Format, io_error};

/// The column or the member with the reason, which reading ignores.
pub const REFUSED: &str = "refused";

/// Writes the rows that begin at these lines of a file, with the reasons in a column before the others.
/// What cannot be read of the file is left out.
pub fn write_refused(
    file: &[u8],
    format: Format,
    reasons: &BTreeMap<u64, String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut records = Records::new(format);
    records.push(file);
    records.finish();
    if format == Format::JsonLines {
        while let Ok(true) = records.advance() {
            if let Some(why) = reasons.get(&records.current.line) {
                write_json(records.current.cell(0), why, out)?;
            }
        }
        return Ok(());
    }
    let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(out);
    // The column of the last time, if the file is of that kind.
    let mut former = None;
    while let Ok(true) = records.advance() {
        let record = &records.current;
        let cells: Vec<_> = (0..record.cells).map(|index| record.cell(index)).collect();
        let is_header = former.is_none();
        let former = *former.get_or_insert_with(|| cells.iter().position(|cell| *cell == REFUSED));
        let first =
            if is_header { Some(REFUSED) } else { reasons.get(&record.line).map(|why| &**why) };
        let others = cells.into_iter().enumerate().filter(|(index, _)| Some(*index) != former);
        if let Some(first) = first {
            let row = std::iter::once(first).chain(others.map(|(_, cell)| cell));
            csv.write_record(row).map_err(io_error)?;
        }
    }
    csv.flush()
}

fn write_json(line: &str, why: &str, out: &mut dyn Write) -> io::Result<()> {
    let read: serde_json::Result<BTreeMap<String, Box<RawValue>>> = serde_json::from_str(line);
    let mut row = match read {
        Ok(row) => row,
        Err(_) => BTreeMap::from([("row".to_owned(), to_raw_value(line)?)]),
    };
    row.insert(REFUSED.to_owned(), to_raw_value(why)?);
    serde_json::to_writer(&mut *out, &row)?;
    out.write_all(b"\n")
}
