//! Makes UTF-8 of files that begin as UTF-16 does: spreadsheets call it "Unicode text".

/// What a file is written in, and the bytes of it that are no whole character yet.
#[derive(Default)]
pub struct Encoding {
    kind: Kind,
    rest: Vec<u8>,
}

#[derive(Default, Clone, Copy)]
enum Kind {
    /// Not known: there are too few bytes.
    #[default]
    Unknown,
    /// UTF-8, which is checked later.
    Utf8,
    /// UTF-16, with the unit that two bytes are.
    Utf16(fn([u8; 2]) -> u16),
}

/// Stands for what is no text. No UTF-8 has it, so that the line is refused.
const NO_TEXT: u8 = 0xff;

impl Encoding {
    /// Appends bytes of the file to `text` as UTF-8.
    pub fn decode(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        if let Kind::Utf8 = self.kind {
            text.extend_from_slice(bytes);
            return;
        }
        self.rest.extend_from_slice(bytes);
        if let Kind::Unknown = self.kind {
            let (kind, begin) = match self.rest[..] {
                [] | [_] => return,
                [0xfe, 0xff, ..] => (Kind::Utf16(u16::from_be_bytes), 2),
                [0xff, 0xfe, ..] => (Kind::Utf16(u16::from_le_bytes), 2),
                _ => (Kind::Utf8, 0),
            };
            self.kind = kind;
            self.rest.drain(..begin);
        }
        let Kind::Utf16(unit) = self.kind else { return text.append(&mut self.rest) };
        let (units, _) = self.rest.as_chunks();
        let mut units: Vec<_> = units.iter().map(|bytes| unit(*bytes)).collect();
        // The second unit of a pair is still to come.
        units.pop_if(|last| (0xd800..0xdc00).contains(last));
        self.rest.drain(..2 * units.len());
        for character in char::decode_utf16(units) {
            match character {
                Ok(character) => text.extend(character.encode_utf8(&mut [0; 4]).bytes()),
                Err(_) => text.push(NO_TEXT),
            }
        }
    }

    /// Appends what is left at the end of the file.
    pub fn finish(&mut self, text: &mut Vec<u8>) {
        match self.kind {
            Kind::Utf16(_) if !self.rest.is_empty() => text.push(NO_TEXT),
            _ => text.append(&mut self.rest),
        }
    }
}
