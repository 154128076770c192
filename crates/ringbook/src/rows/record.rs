//! A record of a file: the cells of a row of CSV, or the text of a line.

use sha2::{Digest as _, Sha256};

/// A record: its cells, or a line as one cell.
pub struct Record {
    pub bytes: Vec<u8>,
    /// How many of the bytes are its own.
    pub length: usize,
    /// Where each cell ends.
    pub ends: Vec<usize>,
    /// How many of the ends are its own.
    pub cells: usize,
    /// The line where it begins.
    pub line: u64,
}

impl Record {
    /// An empty one, with room for most.
    pub fn new() -> Self {
        Self { bytes: vec![0; 256], length: 0, ends: vec![0; 8], cells: 0, line: 0 }
    }

    /// Makes it a line.
    pub fn set(&mut self, text: &[u8], line: u64) {
        self.bytes.clear();
        self.bytes.extend_from_slice(text);
        (self.length, self.ends[0], self.cells, self.line) = (text.len(), text.len(), 1, line);
    }

    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.cells
    }

    fn bytes_of(&self, index: usize) -> &[u8] {
        let ends = &self.ends[..self.cells];
        let Some(end) = ends.get(index) else { return b"" };
        let begin = if index == 0 { 0 } else { ends[index - 1] };
        &self.bytes[begin..*end]
    }

    /// A cell; empty where there is none.
    pub fn cell(&self, index: usize) -> &str {
        std::str::from_utf8(self.bytes_of(index)).unwrap_or_default()
    }

    /// Whether there is nothing in it.
    pub fn is_blank(&self) -> bool {
        (0..self.cells).all(|index| self.cell(index).trim().is_empty())
    }

    /// Whether every cell is text.
    pub fn is_utf8(&self) -> bool {
        (0..self.cells).all(|index| std::str::from_utf8(self.bytes_of(index)).is_ok())
    }

    /// Adds all of it to a hash.
    pub fn hash(&self, hash: &mut Sha256) {
        for index in 0..self.cells {
            let cell = self.bytes_of(index);
            hash.update((cell.len() as u64).to_le_bytes());
            hash.update(cell);
        }
        // No cell is as long, so this ends the record.
        hash.update(u64::MAX.to_le_bytes());
    }
}
