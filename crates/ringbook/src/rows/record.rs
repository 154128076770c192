//! A record of a file: the cells of a CSV row, or a line of JSON.

use sha2::{Digest as _, Sha256};

/// A record: cells of CSV, or a line as a single cell. The buffers are reused, so they may be longer
/// than the record.
pub struct Record {
    pub bytes: Vec<u8>,
    /// The number of bytes in use.
    pub length: usize,
    /// The end of each cell in `bytes`.
    pub ends: Vec<usize>,
    /// The number of ends in use, which is the number of cells.
    pub cells: usize,
    pub line: u64,
}

impl Record {
    /// An empty record with room for a usual row.
    pub fn new() -> Self {
        Self { bytes: vec![0; 256], length: 0, ends: vec![0; 8], cells: 0, line: 0 }
    }

    /// Sets the record to a line.
    pub fn set(&mut self, text: &[u8], line: u64) {
        self.bytes.clear();
        self.bytes.extend_from_slice(text);
        (self.length, self.ends[0], self.cells, self.line) = (text.len(), text.len(), 1, line);
    }

    fn bytes_of(&self, index: usize) -> &[u8] {
        let ends = &self.ends[..self.cells];
        let Some(end) = ends.get(index) else { return b"" };
        let begin = if index == 0 { 0 } else { ends[index - 1] };
        &self.bytes[begin..*end]
    }

    /// The text of a cell; empty if there is no such cell.
    pub fn cell(&self, index: usize) -> &str {
        std::str::from_utf8(self.bytes_of(index)).unwrap_or_default()
    }

    pub fn is_blank(&self) -> bool {
        (0..self.cells).all(|index| self.cell(index).trim().is_empty())
    }

    pub fn is_utf8(&self) -> bool {
        (0..self.cells).all(|index| std::str::from_utf8(self.bytes_of(index)).is_ok())
    }

    pub fn hash(&self, hash: &mut Sha256) {
        for index in 0..self.cells {
            let cell = self.bytes_of(index);
            hash.update((cell.len() as u64).to_le_bytes());
            hash.update(cell);
        }
        // No cell has this length, so it marks the end of the record.
        hash.update(u64::MAX.to_le_bytes());
    }
}
