//! Files of rows: CSV and JSON Lines, of all actions.

use directory::{Command, PhoneId};
use ringbook::rows::{Action, Format, Options, ROW_BYTES_MAX, ReadRow, Reader, Writer};

/// The first byte chooses the format, the action of rows that have none and the size of the pieces;
/// the rest is the file.
pub fn check(bytes: &[u8]) {
    let Some((choice, file)) = bytes.split_first() else { return };
    let format = if choice & 1 == 0 { Format::Csv } else { Format::JsonLines };
    let action = Action::ALL[usize::from(choice >> 1 & 3)].1;
    let options = Options { action, ..Options::new(format) };
    let (whole, is_readable, sha256) = read(file, options, file.len().max(1));
    let in_pieces = read(file, options, usize::from(choice >> 3) + 1);
    assert_eq!(format!("{whole:?}"), format!("{:?}", in_pieces.0));
    assert_eq!((is_readable, sha256), (in_pieces.1, in_pieces.2));

    let lines = 1 + file.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    for (row, next) in whole.iter().zip(whole.iter().skip(1)) {
        assert!(row.line < next.line, "{row:?}, {next:?}");
    }
    assert!(whole.last().is_none_or(|row| row.line <= lines as u64), "{:?}", whole.last());
    for row in &whole {
        if let Err(faults) = &row.content {
            assert!(!faults.is_empty() && faults.iter().all(|fault| !fault.detail.is_empty()));
        }
    }
    write_again(&whole, format);
}

fn read(file: &[u8], options: Options, piece: usize) -> (Vec<ReadRow>, bool, [u8; 32]) {
    let mut reader = Reader::new(options);
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
    let mut writer = Writer::new(Vec::new(), format, None);
    writer.header().unwrap();
    let mut written = Vec::new();
    for row in rows {
        let Ok(Command::CreatePhone { number, name, skills }) = &row.content else { continue };
        let names = skills.set.iter().flatten();
        let parsed =
            names.map(|name| directory::SkillName::parse(name)).collect::<Result<Vec<_>, _>>();
        let Ok(skills) = parsed else { continue };
        let placed: Vec<_> = skills.iter().cloned().zip(1..).collect();
        writer.phone(PhoneId(17), *number, name, &placed).unwrap();
        written.push((*number, name.clone(), skills));
    }
    let file = writer.finish().unwrap();
    if file.len() > ROW_BYTES_MAX {
        return;
    }
    let (again, is_readable, _) = read(&file, Options::new(format), file.len().max(1));
    assert!(is_readable && again.len() == written.len(), "{again:?}");
    for (row, (number, name, skills)) in again.iter().zip(written) {
        let Ok(Command::CreatePhone { number: n, name: m, skills: s }) = &row.content else {
            panic!("{row:?}")
        };
        let names = s.set.iter().flatten().map(String::as_str);
        assert!(*n == number && *m == name, "{row:?}");
        assert!(names.eq(skills.iter().map(directory::SkillName::as_str)), "{row:?}");
    }
}
