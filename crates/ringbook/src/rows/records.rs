//! Bytes into records: the cells of a row of CSV, or the text of a line.

use csv_core::ReadRecordResult;

use super::record::Record;
use super::{FileFault, Format, ROW_BYTES_MAX};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How many of the first bytes tell what a file is.
const BEGIN_BYTES: usize = 4;

/// Separators of cells, by what a spreadsheet writes where it runs: the first one wins a draw.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// How a record ends.
enum Splits {
    /// The first bytes are to be looked at.
    Unknown(Format),
    /// The header is to be looked at.
    Header,
    /// Where no quote is open.
    Cells(Box<csv_core::Reader>),
    /// With the line.
    Lines,
}

/// Cuts bytes into records.
pub struct Records {
    splits: Splits,
    buffer: Vec<u8>,
    /// How many bytes of the buffer are done with.
    start: usize,
    /// How many of the others are known to have no end of a line in them.
    scanned: usize,
    is_finished: bool,
    /// The line of the next byte.
    line: u64,
    is_after_return: bool,
    record: Record,
    is_open: bool,
}

impl Records {
    pub fn new(format: Format) -> Self {
        Self {
            splits: Splits::Unknown(format),
            buffer: Vec::new(),
            start: 0,
            scanned: 0,
            is_finished: false,
            line: 1,
            is_after_return: false,
            record: Record::new(),
            is_open: false,
        }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..std::mem::take(&mut self.start));
        self.buffer.extend_from_slice(bytes);
    }

    pub fn finish(&mut self) {
        self.is_finished = true;
    }

    pub fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// The record to which [`advance`](Self::advance) came.
    pub fn current(&self) -> &Record {
        &self.record
    }

    /// Goes to the next record, if its bytes are all there.
    pub fn advance(&mut self) -> Result<bool, FileFault> {
        if !self.knows_splits()? {
            return Ok(false);
        }
        let has_one = match self.splits {
            Splits::Cells(_) => self.advance_cells()?,
            _ => self.advance_line()?,
        };
        if has_one && !self.record.is_utf8() {
            return Err(FileFault::NotUtf8 { line: self.record.line });
        }
        Ok(has_one)
    }

    /// Whether it is known how records end, which the first bytes say. They are waited for, so
    /// that it makes no difference how the bytes are cut into pieces.
    fn knows_splits(&mut self) -> Result<bool, FileFault> {
        if let Splits::Unknown(format) = self.splits {
            if self.buffer.len() < BEGIN_BYTES && !self.is_finished {
                return Ok(false);
            }
            self.start = begin(&self.buffer)?;
            self.splits = match format {
                Format::Csv => Splits::Header,
                Format::JsonLines => Splits::Lines,
            };
        }
        if let Splits::Header = self.splits {
            self.skip_empty_lines();
            let has_line = self.scan(|byte| matches!(byte, b'\n' | b'\r')).is_some();
            let rest = &self.buffer[self.start..];
            if !has_line && !self.is_finished && rest.len() < ROW_BYTES_MAX {
                return Ok(false);
            }
            let separator = separator(&rest[..rest.len().min(ROW_BYTES_MAX)]);
            let core = csv_core::ReaderBuilder::new().delimiter(separator).build();
            self.splits = Splits::Cells(Box::new(core));
            self.scanned = 0;
        }
        Ok(true)
    }

    fn skip_empty_lines(&mut self) {
        let rest = &self.buffer[self.start..];
        let empty = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        count_lines(&rest[..empty], &mut self.line, &mut self.is_after_return);
        self.start += empty;
    }

    /// Where the first such byte is. Bytes that come one by one are looked at once all the same.
    fn scan(&mut self, is_end: impl Fn(u8) -> bool) -> Option<usize> {
        let rest = &self.buffer[self.start..];
        let found = rest[self.scanned..].iter().position(|byte| is_end(*byte));
        let found = found.map(|place| self.scanned + place);
        self.scanned = found.unwrap_or(rest.len());
        found
    }

    fn advance_cells(&mut self) -> Result<bool, FileFault> {
        if !self.is_open {
            self.skip_empty_lines();
            if self.start == self.buffer.len() {
                return Ok(false);
            }
            (self.record.length, self.record.cells, self.record.line) = (0, 0, self.line);
            self.is_open = true;
        }
        let Splits::Cells(core) = &mut self.splits else { return Ok(false) };
        loop {
            let rest = &self.buffer[self.start..];
            let is_end = rest.is_empty();
            if is_end && !self.is_finished {
                return Ok(false);
            }
            // The last line ends as any other one, unless a quote is open.
            let input = if is_end { b"\n" } else { rest };
            let record = &mut self.record;
            let (result, read, written, ended) = core.read_record(
                input,
                &mut record.bytes[record.length..],
                &mut record.ends[record.cells..],
            );
            if !is_end {
                count_lines(&input[..read], &mut self.line, &mut self.is_after_return);
                self.start += read;
            }
            record.length += written;
            record.cells += ended;
            match result {
                ReadRecordResult::InputEmpty if is_end => {
                    return Err(FileFault::OpenQuote { line: record.line });
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if record.length >= ROW_BYTES_MAX => {
                    return Err(FileFault::LongRow { line: record.line });
                }
                ReadRecordResult::OutputFull => record.bytes.resize(record.bytes.len() * 4, 0),
                ReadRecordResult::OutputEndsFull if record.cells >= ROW_BYTES_MAX => {
                    return Err(FileFault::LongRow { line: record.line });
                }
                ReadRecordResult::OutputEndsFull => record.ends.resize(record.ends.len() * 4, 0),
                ReadRecordResult::Record => {
                    self.is_open = false;
                    return Ok(true);
                }
                ReadRecordResult::End => {
                    self.is_open = false;
                    return Ok(false);
                }
            }
        }
    }

    fn advance_line(&mut self) -> Result<bool, FileFault> {
        loop {
            let end = self.scan(|byte| byte == b'\n');
            let rest = &self.buffer[self.start..];
            if end.unwrap_or(rest.len()) > ROW_BYTES_MAX {
                return Err(FileFault::LongRow { line: self.line });
            }
            let (text, read) = match end {
                Some(end) => (&rest[..end], end + 1),
                None if self.is_finished && !rest.is_empty() => (rest, rest.len()),
                None => return Ok(false),
            };
            let text = text.trim_ascii();
            let line = self.line;
            self.record.set(text, line);
            self.start += read;
            self.scanned = 0;
            self.line += 1;
            if self.record.length > 0 {
                return Ok(true);
            }
        }
    }
}

/// Where the text of a file begins: behind a byte order mark.
fn begin(first: &[u8]) -> Result<usize, FileFault> {
    let is_utf16 = first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff");
    if first.starts_with(b"\x1f\x8b") {
        return Err(FileFault::Compressed);
    }
    // UTF-16 without a mark: each other byte of ASCII is zero.
    if is_utf16 || first.iter().take(BEGIN_BYTES).any(|byte| *byte == 0) {
        return Err(FileFault::Utf16);
    }
    if first.starts_with(b"PK\x03\x04") {
        return Err(FileFault::Workbook);
    }
    Ok(if first.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 })
}

/// What separates cells: whatever the header, with which the text begins, has most of.
fn separator(text: &[u8]) -> u8 {
    let header = text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let count = |separator: &u8| header.split(|byte| byte == separator).count();
    // The last one of several is the maximum.
    SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(b',')
}

fn count_lines(bytes: &[u8], line: &mut u64, is_after_return: &mut bool) {
    for byte in bytes {
        let is_second_half = *byte == b'\n' && *is_after_return;
        *is_after_return = *byte == b'\r';
        *line += u64::from(matches!(byte, b'\n' | b'\r') && !is_second_half);
    }
}
