//! Files of rows: CSV and JSON Lines, for imports and for bulk requests.

use directory::Command;
use ringbook::rows::{CsvHeader, Format, Kind, ROW_BYTES_MAX, ReadRow, Reader, Writer};

/// The first byte chooses the format, the kind and the size of the pieces; the rest is the file.
pub fn check(bytes: &[u8]) {
    let Some((choice, file)) = bytes.split_first() else { return };
    let format = if choice & 1 == 0 { Format::Csv } else { Format::JsonLines };
    let kind = if choice & 2 == 0 { Kind::Import } else { Kind::Bulk };
    let (whole, is_readable, sha256) = read(file, format, kind, file.len().max(1));
    let in_pieces = read(file, format, kind, usize::from(choice >> 2) + 1);
    assert_eq!(format!("{whole:?}"), format!("{:?}", in_pieces.0));
    assert_eq!((is_readable, sha256), (in_pieces.1, in_pieces.2));

    let lines = 1 + file.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    for (row, next) in whole.iter().zip(whole.iter().skip(1)) {
        assert!(row.line < next.line, "{row:?}, {next:?}");
    }
    assert!(whole.last().is_none_or(|row| row.line <= lines as u64), "{:?}", whole.last());
    for row in &whole {
        match &row.command {
            Ok(Command::CreatePhone { .. }) => {}
            Ok(_) => assert_eq!(kind, Kind::Bulk),
            Err(faults) => assert!(faults.iter().all(|fault| !fault.detail.is_empty())),
        }
    }
    write_again(&whole, format);
}

fn read(file: &[u8], format: Format, kind: Kind, piece: usize) -> (Vec<ReadRow>, bool, [u8; 32]) {
    let mut reader = Reader::new(format, kind);
    let (mut rows, mut is_readable) = (Vec::new(), true);
    for piece in file.chunks(piece).map(Some).chain([None]) {
        match piece {
            Some(piece) => reader.push(piece),
            None => reader.finish(),
        }
        while is_readable {
            match reader.next() {
                Ok(Some(row)) => rows.push(row),
                Ok(None) => break,
                Err(_) => is_readable = false,
            }
        }
        if !is_readable {
            break;
        }
    }
    (rows, is_readable, reader.sha256())
}

/// Rows that create phones survive being written and read again.
fn write_again(rows: &[ReadRow], format: Format) {
    let mut writer = Writer::new(Vec::new(), format);
    writer.header(CsvHeader::Api).unwrap();
    let mut written = Vec::new();
    for row in rows {
        let Ok(Command::CreatePhone { number, name, skills }) = &row.command else { continue };
        let names = skills.set.iter().flatten();
        let parsed =
            names.map(|name| directory::SkillName::parse(name)).collect::<Result<Vec<_>, _>>();
        let Ok(skills) = parsed else { continue };
        writer.phone(*number, name, &skills).unwrap();
        written.push((*number, name.clone(), skills));
    }
    let file = writer.finish().unwrap();
    if file.len() > ROW_BYTES_MAX {
        return;
    }
    let (again, is_readable, _) = read(&file, format, Kind::Import, file.len().max(1));
    assert!(is_readable && again.len() == written.len(), "{again:?}");
    for (row, (number, name, skills)) in again.iter().zip(written) {
        let Ok(Command::CreatePhone { number: n, name: m, skills: s }) = &row.command else {
            panic!("{row:?}")
        };
        let names = s.set.iter().flatten().map(String::as_str);
        assert!(*n == number && *m == name, "{row:?}");
        assert!(names.eq(skills.iter().map(directory::SkillName::as_str)), "{row:?}");
    }
}
