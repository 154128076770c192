//! Makes UTF-8 of files that begin as UTF-16 does: spreadsheets call it "Unicode text".

/// What a file is written in, and bytes of it that are no whole character yet.
pub enum Encoding {
    /// Not known: there are too few bytes.
    Unknown(Vec<u8>),
    /// UTF-8, which is checked later.
    Utf8,
    /// UTF-16.
    Utf16 {
        /// Whether the upper half of a unit comes first.
        is_big: bool,
        /// The first half of a unit.
        half: Option<u8>,
        /// The first unit of a pair.
        high: Option<u16>,
    },
}

/// Stands for what is no text. No UTF-8 has it, so that the line is refused.
const NO_TEXT: u8 = 0xff;

impl Encoding {
    /// Appends bytes of the file to `text` as UTF-8.
    pub fn decode(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        match self {
            Self::Utf8 => text.extend_from_slice(bytes),
            Self::Utf16 { is_big, half, high } => {
                for byte in bytes {
                    let Some(first) = half.replace(*byte) else { continue };
                    *half = None;
                    let unit = u16::from_be_bytes([first, *byte]);
                    decode_unit(if *is_big { unit } else { unit.swap_bytes() }, high, text);
                }
            }
            Self::Unknown(first) => {
                first.extend_from_slice(bytes);
                let (begin, is_big) = match first[..] {
                    [] | [_] => return,
                    [0xfe, 0xff, ..] => (2, Some(true)),
                    [0xff, 0xfe, ..] => (2, Some(false)),
                    _ => (0, None),
                };
                let first = std::mem::take(first);
                *self = is_big.map_or(Self::Utf8, |is_big| Self::Utf16 {
                    is_big,
                    half: None,
                    high: None,
                });
                self.decode(&first[begin..], text);
            }
        }
    }

    /// Appends what is left at the end of the file.
    pub fn finish(&mut self, text: &mut Vec<u8>) {
        match std::mem::replace(self, Self::Utf8) {
            Self::Unknown(first) => text.extend(first),
            Self::Utf16 { half: None, high: None, .. } | Self::Utf8 => {}
            Self::Utf16 { .. } => text.push(NO_TEXT),
        }
    }
}

fn decode_unit(unit: u16, high: &mut Option<u16>, text: &mut Vec<u8>) {
    if (0xd800..0xdc00).contains(&unit) {
        text.extend(high.replace(unit).map(|_| NO_TEXT));
        return;
    }
    for character in char::decode_utf16(high.take().into_iter().chain([unit])) {
        match character {
            Ok(character) => text.extend(character.encode_utf8(&mut [0; 4]).bytes()),
            Err(_) => text.push(NO_TEXT),
        }
    }
}
