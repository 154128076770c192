//! Splits bytes into records: CSV rows or lines.

use csv_core::ReadRecordResult;

use super::record::Record;
use super::utf16::Encoding;
use super::{FileFault, Format, ROW_BYTES_MAX};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes at the start of a file that identify its type.
const MAGIC_BYTES: usize = 4;

/// Separators that spreadsheets write, depending on the locale. The first one wins a tie.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// How the reader finds the end of a record.
enum State {
    /// The first bytes must be checked.
    Start(Format),
    /// The separator must be found in the header.
    Header,
    /// CSV: at the end of a line outside quotes.
    Csv(Box<csv_core::Reader>),
    /// JSON Lines: at the end of each line.
    Lines,
}

pub struct Records {
    state: State,
    encoding: Encoding,
    /// Text that is not consumed.
    buffer: Vec<u8>,
    /// Bytes of the buffer that were consumed.
    start: usize,
    /// Bytes after `start` that are known to have no line end.
    scanned: usize,
    /// What is between the cells of CSV, once the header was seen.
    pub separator: u8,
    /// Whether [`finish`](Self::finish) was called.
    pub is_finished: bool,
    /// The line of the next byte.
    line: u64,
    /// Whether the last byte was a carriage return, so that a following line feed does not count.
    is_after_return: bool,
    /// The record that [`advance`](Self::advance) has read.
    pub current: Record,
    /// Whether `current` has the beginning of a row whose end has not come yet.
    is_partial: bool,
}

impl Records {
    pub fn new(format: Format) -> Self {
        Self {
            state: State::Start(format),
            encoding: Encoding::default(),
            buffer: Vec::new(),
            start: 0,
            scanned: 0,
            separator: b',',
            is_finished: false,
            line: 1,
            is_after_return: false,
            current: Record::new(),
            is_partial: false,
        }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..std::mem::take(&mut self.start));
        self.encoding.decode(bytes, &mut self.buffer);
    }

    /// Marks the end of the file.
    pub fn finish(&mut self) {
        self.encoding.finish(&mut self.buffer);
        self.is_finished = true;
    }

    /// Reads the next record. Returns false if more bytes are needed, or at the end.
    pub fn advance(&mut self) -> Result<bool, FileFault> {
        if !self.is_started()? {
            return Ok(false);
        }
        let has_one = match self.state {
            State::Csv(_) => self.advance_csv()?,
            _ => self.advance_line()?,
        };
        if has_one && !self.current.is_utf8() {
            return Err(FileFault::NotUtf8(self.current.line));
        }
        Ok(has_one)
    }

    /// Checks the first bytes and finds the separator. Returns false if more bytes are needed: the
    /// result must not depend on how the bytes are cut into pieces.
    fn is_started(&mut self) -> Result<bool, FileFault> {
        if let State::Start(format) = self.state {
            if self.buffer.len() < MAGIC_BYTES && !self.is_finished {
                return Ok(false);
            }
            self.start = check_magic(&self.buffer)?;
            self.state = match format {
                Format::Csv => State::Header,
                Format::JsonLines => State::Lines,
            };
        }
        if let State::Header = self.state {
            self.skip_empty_lines();
            let end = self.scan(|byte| matches!(byte, b'\n' | b'\r'));
            let rest = &self.buffer[self.start..];
            if end.is_none() && !self.is_finished && rest.len() < ROW_BYTES_MAX {
                return Ok(false);
            }
            let first = &rest[..end.unwrap_or(rest.len()).min(ROW_BYTES_MAX)];
            let separator = if let Some(named) = named_separator(first) {
                self.start += first.len();
                named
            } else {
                separator(first)
            };
            self.separator = separator;
            let core = csv_core::ReaderBuilder::new().delimiter(separator).build();
            self.state = State::Csv(Box::new(core));
            self.scanned = 0;
        }
        Ok(true)
    }

    /// The text behind the current record, and the line where it begins.
    pub fn rest(&self) -> (&[u8], u64) {
        let rest = &self.buffer[self.start..];
        let is_cut = self.is_after_return && rest.first() == Some(&b'\n');
        (&rest[usize::from(is_cut)..], self.line)
    }

    fn skip_empty_lines(&mut self) {
        let rest = &self.buffer[self.start..];
        let empty = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        count_lines(&rest[..empty], &mut self.line, &mut self.is_after_return);
        self.start += empty;
    }

    /// The offset of the first matching byte. Does not look twice at bytes that did not match.
    fn scan(&mut self, is_end: impl Fn(u8) -> bool) -> Option<usize> {
        let rest = &self.buffer[self.start..];
        let found = rest[self.scanned..].iter().position(|byte| is_end(*byte));
        let found = found.map(|place| self.scanned + place);
        self.scanned = found.unwrap_or(rest.len());
        found
    }

    fn advance_csv(&mut self) -> Result<bool, FileFault> {
        if !self.is_partial {
            self.skip_empty_lines();
            if self.start == self.buffer.len() {
                return Ok(false);
            }
            (self.current.length, self.current.cells, self.current.line) = (0, 0, self.line);
            self.is_partial = true;
        }
        let State::Csv(core) = &mut self.state else { return Ok(false) };
        loop {
            let rest = &self.buffer[self.start..];
            let is_end = rest.is_empty();
            if is_end && !self.is_finished {
                return Ok(false);
            }
            // The last line may lack its end. If a quote is open, this does not end the record.
            let input = if is_end { b"\n" } else { rest };
            let record = &mut self.current;
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
                    return Err(FileFault::OpenQuote(record.line));
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if record.length >= ROW_BYTES_MAX => {
                    return Err(FileFault::LongRow(record.line));
                }
                ReadRecordResult::OutputFull => record.bytes.resize(record.bytes.len() * 4, 0),
                ReadRecordResult::OutputEndsFull if record.cells >= ROW_BYTES_MAX => {
                    return Err(FileFault::LongRow(record.line));
                }
                ReadRecordResult::OutputEndsFull => record.ends.resize(record.ends.len() * 4, 0),
                ReadRecordResult::Record => {
                    self.is_partial = false;
                    return Ok(true);
                }
                ReadRecordResult::End => {
                    self.is_partial = false;
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
                return Err(FileFault::LongRow(self.line));
            }
            let (text, read) = match end {
                Some(end) => (&rest[..end], end + 1),
                None if self.is_finished && !rest.is_empty() => (rest, rest.len()),
                None => return Ok(false),
            };
            let text = text.trim_ascii();
            let line = self.line;
            self.current.set(text, line);
            self.start += read;
            self.scanned = 0;
            self.line += 1;
            if self.current.length > 0 {
                return Ok(true);
            }
        }
    }
}

/// Refuses files that are not text. Returns the length of a byte order mark.
fn check_magic(first: &[u8]) -> Result<usize, FileFault> {
    if first.starts_with(b"\x1f\x8b") {
        return Err(FileFault::Compressed);
    }
    // UTF-16 without a byte order mark: every second byte of ASCII is zero.
    if first.iter().take(MAGIC_BYTES).any(|byte| *byte == 0) {
        return Err(FileFault::Utf16);
    }
    if first.starts_with(b"PK\x03\x04") {
        return Err(FileFault::Workbook);
    }
    Ok(if first.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 })
}

/// The separator that a line `sep=;` before the header names, for spreadsheets.
fn named_separator(line: &[u8]) -> Option<u8> {
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [begin @ .., named] if begin.eq_ignore_ascii_case(b"sep=") => {
            SEPARATORS.into_iter().find(|separator| separator == named)
        }
        _ => None,
    }
}

/// The separator that occurs most in the header.
fn separator(header: &[u8]) -> u8 {
    let count = |separator: &u8| header.split(|byte| byte == separator).count();
    // `max_by_key` returns the last of equal maxima, so the order is reversed.
    SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(b',')
}

fn count_lines(bytes: &[u8], line: &mut u64, is_after_return: &mut bool) {
    for byte in bytes {
        let is_second_half = *byte == b'\n' && *is_after_return;
        *is_after_return = *byte == b'\r';
        *line += u64::from(matches!(byte, b'\n' | b'\r') && !is_second_half);
    }
}
