//! Validates a row: turns its fields into a command, or lists all errors.

use directory::{Command, PhoneLookup, PhoneName, PhoneNumber, SkillEdit, SkillName};

use super::fields::{Cell, Field, Fields};
use super::lookup::lookup;
use super::{Fault, Kind, number};

impl Fields<'_> {
    /// Makes the command of the row.
    pub fn command(mut self, kind: Kind) -> Result<Command, Vec<Fault>> {
        let action = match kind {
            Kind::Import => Some("create".into()),
            Kind::Bulk => self.required(Field::Action, |text| Ok(text.to_ascii_lowercase())),
        };
        let command = match action.as_deref() {
            None => None,
            Some("create") => self.create(),
            Some("edit") => self.edit(),
            Some("delete") => self.delete(),
            Some(_) => {
                let detail = "action: must be create, edit or delete";
                self.faults.push(Fault::of("action", "invalid", detail));
                None
            }
        };
        match command {
            Some(command) if self.faults.is_empty() => Ok(command),
            _ => Err(self.faults),
        }
    }

    fn create(&mut self) -> Option<Command> {
        let number = self.required(Field::Number, number::parse);
        let name = self.required(Field::Name, parse_name);
        let set = self.list(Field::Skills);
        self.refuse(&[Field::Phone, Field::Assign, Field::Unassign], "create");
        let skills = SkillEdit { set, is_strict: true, ..SkillEdit::default() };
        Some(Command::CreatePhone { number: number?, name: name?, skills })
    }

    fn edit(&mut self) -> Option<Command> {
        let phone = self.phone();
        let number_new: Option<PhoneNumber> = self.optional(Field::Number, number::parse);
        let name_new = self.optional(Field::Name, parse_name);
        let set = self.list(Field::Skills);
        let assign = self.list(Field::Assign).unwrap_or_default();
        let unassign = self.list(Field::Unassign).unwrap_or_default();
        let skills = SkillEdit::strict(set, assign, unassign);
        if let Err(fault) = skills {
            self.faults.push(Fault::of("skills", "ambiguous", format!("skills: {fault}")));
        }
        Some(Command::EditPhone { phone: phone?, number_new, name_new, skills: skills.ok()? })
    }

    fn delete(&mut self) -> Option<Command> {
        let phone = self.phone();
        let others = [Field::Number, Field::Name, Field::Skills, Field::Assign, Field::Unassign];
        self.refuse(&others, "delete");
        Some(Command::DeletePhone { phone: phone? })
    }

    /// The phone to edit or delete. A text that is no number is refused by the rules as unknown;
    /// if a spreadsheet damaged the number, saying so helps more.
    fn phone(&mut self) -> Option<PhoneLookup> {
        self.required(Field::Phone, |text| match number::explain_damage(text) {
            Some(explanation) => Err(explanation),
            None => Ok(lookup(text)),
        })
    }

    /// Refuses fields that the action does not use.
    fn refuse(&mut self, fields: &[Field], action: &str) {
        for field in fields {
            let (cell, name) = self.take(*field);
            if !matches!(cell, Cell::Absent | Cell::Empty) {
                let detail = format!("{name}: means nothing to {action}");
                self.faults.push(Fault::of(field.name(), "unexpected", detail));
            }
        }
    }

    fn required<T>(
        &mut self,
        field: Field,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let problem = match self.cell(field) {
            Cell::Absent => ": must be given",
            Cell::Empty => " \"\": empty",
            _ => return self.optional(field, parse),
        };
        let (_, name) = self.take(field);
        self.faults.push(Fault::of(field.name(), "missing", format!("{name}{problem}")));
        None
    }

    fn optional<T>(
        &mut self,
        field: Field,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (cell, name) = self.take(field);
        let parsed = match cell {
            Cell::Absent | Cell::Empty => return None,
            Cell::Text(text) => parse(&text).map_err(|why| format!("{name} {text:?}: {why}")),
            Cell::Null => Err(format!("{name}: cannot be null")),
            _ => Err(format!("{name}: must be a string")),
        };
        parsed.map_err(|detail| self.faults.push(Fault::of(field.name(), "invalid", detail))).ok()
    }

    fn list(&mut self, field: Field) -> Option<Vec<String>> {
        let (cell, name) = self.take(field);
        match cell {
            Cell::Absent | Cell::Empty => None,
            Cell::List(items) => Some(items),
            Cell::Text(text) if self.is_csv => {
                Some(SkillName::split_list(&text).map(str::to_owned).collect())
            }
            _ => {
                let detail = format!("{name}: must be a list of strings");
                self.faults.push(Fault::of(field.name(), "invalid", detail));
                None
            }
        }
    }
}

fn parse_name(text: &str) -> Result<PhoneName, String> {
    PhoneName::parse(text).map_err(|fault| fault.to_string())
}
