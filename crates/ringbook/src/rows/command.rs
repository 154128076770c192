//! Validates a row: turns its fields into a command, or lists all errors.

use directory::{Command, PhoneLookup, PhoneName, PhoneNumber, SkillEdit, SkillName};

use super::action::{Action, NoAction};
use super::fields::{Cell, Field, Fields};
use super::lookup::lookup;
use super::{Fault, Options, number};

impl Fields<'_> {
    /// Makes the command of the row.
    pub fn command(mut self, options: Options) -> Result<Command, Vec<Fault>> {
        let faults = self.faults.len();
        let own = self.optional(Field::Action, |text| {
            text.parse().map_err(|fault: NoAction| fault.to_string())
        });
        if self.faults.len() > faults {
            return Err(self.faults);
        }
        let command = match own.unwrap_or(options.action) {
            Action::Create => self.create(own.is_some()),
            Action::Edit => self.edit(),
            Action::Upsert => self.upsert(options.trusts_ids),
            Action::Delete => self.delete(),
        };
        match command {
            Some(command) if self.faults.is_empty() => Ok(command),
            _ => Err(self.faults),
        }
    }

    /// An export can be imported into another account, so the ids of a file whose rows say nothing of
    /// an action are left alone.
    fn create(&mut self, says_so: bool) -> Option<Command> {
        let number = self.required(Field::Number, number::parse);
        let name = self.required(Field::Name, parse_name);
        let set = self.list(Field::Skills);
        let others = [Field::Id, Field::Phone, Field::Assign, Field::Unassign];
        self.refuse(&others[usize::from(!says_so)..], "create");
        let skills = SkillEdit { set, is_strict: true, ..SkillEdit::default() };
        Some(Command::CreatePhone { number: number?, name: name?, skills })
    }

    fn edit(&mut self) -> Option<Command> {
        let phone = self.phone();
        let number_new: Option<PhoneNumber> = self.optional(Field::Number, number::parse);
        let name_new = self.optional(Field::Name, parse_name);
        self.refuse(&[Field::Id], "edit");
        let set = self.list(Field::Skills);
        let skills = self.skills(set)?;
        Some(Command::EditPhone { phone: phone?, number_new, name_new, skills })
    }

    /// What a spreadsheet shows is what the phone is to have: no skills where their cell is empty.
    fn upsert(&mut self, trusts_id: bool) -> Option<Command> {
        let has = |fields: &Self, field| !matches!(fields.cell(field), Cell::Absent | Cell::Empty);
        let has_id = has(self, Field::Id);
        let id = self.optional(Field::Id, |text| text.parse().map_err(str::to_owned));
        let number = if has_id {
            self.optional(Field::Number, number::parse)
        } else {
            self.required(Field::Number, number::parse)
        };
        let name = self.optional(Field::Name, parse_name);
        self.refuse(&[Field::Phone], "upsert");
        let is_edit = has(self, Field::Assign) || has(self, Field::Unassign);
        let is_emptied = !is_edit && *self.cell(Field::Skills) == Cell::Empty;
        let set = self.list(Field::Skills).or(is_emptied.then(Vec::new));
        let skills = self.skills(set)?;
        Some(Command::UpsertPhone { id, number, name, skills, trusts_id })
    }

    /// The edit of the skills, to a complete set or by the skills to assign and unassign.
    fn skills(&mut self, set: Option<Vec<String>>) -> Option<SkillEdit> {
        let assign = self.list(Field::Assign).unwrap_or_default();
        let unassign = self.list(Field::Unassign).unwrap_or_default();
        let skills = SkillEdit::strict(set, assign, unassign);
        let refuse = |fault| Fault::of("skills", "ambiguous", format!("skills: {fault}"));
        skills.map_err(|fault| self.faults.push(refuse(fault))).ok()
    }

    fn delete(&mut self) -> Option<Command> {
        let phone = self.phone();
        let others =
            [Field::Id, Field::Number, Field::Name, Field::Skills, Field::Assign, Field::Unassign];
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
    pub(super) fn refuse(&mut self, fields: &[Field], action: &str) {
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

    pub(super) fn optional<T>(
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

    pub(super) fn list(&mut self, field: Field) -> Option<Vec<String>> {
        let (cell, name) = self.take(field);
        match cell {
            Cell::Absent | Cell::Empty => None,
            Cell::List(items) => Some(items),
            Cell::Placed(items) => Some(items.into_iter().map(|skill| skill.name).collect()),
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

pub(super) fn parse_name(text: &str) -> Result<PhoneName, String> {
    PhoneName::parse(text).map_err(|fault| fault.to_string())
}
