//! The rows of a file, in some 90 bytes each.

use std::io::{self, Read};

use directory::{
    Assignment, Phone, PhoneId, PhoneName, PhoneNumber, SkillId, SkillName, SkillSet, Skills,
};

use super::plan::Refused;
use crate::rows::{Action, FileFault, Format, Options, REFUSED, ReadRow, Reader, Wanted};

/// A row: what the file says of a phone. What is absent stays as it is.
#[derive(Debug, Clone)]
pub struct Row {
    /// The line where it begins, counted from 1.
    pub line: u64,
    /// The id that the phone has.
    pub id: Option<PhoneId>,
    /// The number that it is to have.
    pub number: Option<PhoneNumber>,
    /// The name that it is to have.
    pub name: Option<PhoneName>,
    /// The skills that it is to have, with position 0 where the file gives none.
    pub skills: Option<SkillSet>,
    /// Whether a spreadsheet may have taken a `+` or zeros from the number.
    pub may_be_cut: bool,
}

impl Row {
    /// The number that this phone has in the end.
    pub(super) fn number_of(&self, phone: &Phone) -> PhoneNumber {
        self.number.unwrap_or(phone.number)
    }

    /// The name that this phone has in the end.
    pub(super) fn name_of<'r>(&'r self, phone: &'r Phone) -> &'r PhoneName {
        self.name.as_ref().unwrap_or(&phone.name)
    }
}

/// A file that was read.
pub struct File {
    /// Its rows, as far as they can be read.
    pub rows: Vec<Row>,
    /// Its other rows.
    pub refused: Vec<Refused>,
    /// Columns that mean nothing, by name.
    pub ignored_columns: Vec<String>,
    /// The skills of the directory, and those that only the file names, with ids that no other has.
    pub(super) skills: Skills,
    /// The first id of a skill that only the file names, and the next one.
    pub(super) new_skills: SkillId,
    next_skill: SkillId,
}

/// Why rows cannot be read to their end.
#[derive(Debug, thiserror::Error)]
pub enum ReadFault {
    /// The input fails.
    #[error(transparent)]
    Input(#[from] io::Error),
    /// It is no file of phones.
    #[error(transparent)]
    File(#[from] FileFault),
}

/// The bytes that are read at a time.
const BUFFER_BYTES: usize = 64 * 1024;

/// Reads rows: what each wants or what is wrong with it. Returns the columns that are ignored.
pub fn read_rows(
    mut input: impl Read,
    format: Format,
    mut each: impl FnMut(ReadRow<Wanted>),
) -> Result<Vec<String>, ReadFault> {
    let mut reader = Reader::new(Options { action: Action::Upsert, ..Options::new(format) });
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let length = input.read(&mut buffer)?;
        match length {
            0 => reader.finish(),
            _ => reader.push(&buffer[..length]),
        }
        while let Some(row) = reader.next_wanted()? {
            each(row);
        }
        if length == 0 {
            let ignored = reader.ignored_columns().iter().filter(|column| *column != REFUSED);
            return Ok(ignored.cloned().collect());
        }
    }
}

impl File {
    /// Reads a file, for a directory with these skills.
    pub fn read(input: impl Read, format: Format, skills: &Skills) -> Result<Self, ReadFault> {
        let last = skills.iter().map(|(_, id)| id.0).max().unwrap_or_default();
        let new = SkillId(last + 1);
        let (rows, refused, ignored_columns) = Default::default();
        let skills = skills.clone();
        let mut file =
            Self { rows, refused, ignored_columns, skills, new_skills: new, next_skill: new };
        file.ignored_columns = read_rows(input, format, |row| file.push(row))?;
        Ok(file)
    }

    /// Adds a row that was read, or why it cannot be.
    fn push(&mut self, ReadRow { line, content, may_be_cut }: ReadRow<Wanted>) {
        let row = content.map_err(|faults| {
            let details: Vec<_> = faults.into_iter().map(|fault| fault.detail).collect();
            details.join("; ")
        });
        match row.and_then(|wanted| self.row(line, wanted)) {
            Ok(row) => self.rows.push(Row { may_be_cut, ..row }),
            Err(why) => self.refused.push(Refused { line, why }),
        }
    }

    fn row(&mut self, line: u64, wanted: Wanted) -> Result<Row, String> {
        let Wanted { id, number, name, skills, positions } = wanted;
        let skills = skills.map(|skills| {
            let held = skills.iter().map(|name| {
                let position = positions.iter().find(|(placed, _)| placed == name);
                Ok(Assignment::new(self.skill(name)?, position.map_or(0, |(_, at)| *at)))
            });
            held.collect::<Result<SkillSet, String>>()
        });
        Ok(Row { line, id, number, name, skills: skills.transpose()?, may_be_cut: false })
    }

    fn skill(&mut self, name: &str) -> Result<SkillId, String> {
        if let Some(id) = self.skills.find(name) {
            return Ok(id);
        }
        let new = SkillName::parse(name).map_err(|fault| format!("skills: {fault}"))?;
        let id = self.next_skill;
        if id.0 as usize >= Assignment::SKILL_IDS {
            return Err("skills: the file names too many skills".into());
        }
        self.skills.set(id, new, 0);
        self.next_skill.0 += 1;
        Ok(id)
    }
}
