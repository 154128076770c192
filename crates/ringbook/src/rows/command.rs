//! Validates a row: turns its fields into a command, or lists all errors.

use directory::limits::RING_POSITION_MAX;
use directory::{Command, PhoneLookup, PhoneName, PhoneNumber, SkillEdit};

use super::action::Action;
use super::columns::split_skills;
use super::fields::{Cell, Field, Fields, Item};
use super::{Fault, Options, number};

impl Fields<'_> {
    /// Makes the command of the row.
    pub fn command(mut self, options: Options) -> Result<Command, Vec<Fault>> {
        let faults = self.faults.len();
        let parse = |text: &str| text.parse().map_err(str::to_owned);
        let own = if options.needs_action {
            self.required(Field::Action, parse)
        } else {
            self.optional(Field::Action, parse)
        };
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
        let (set, positions) = self.placed();
        let others = [Field::Id, Field::Phone, Field::Assign, Field::Unassign];
        self.refuse(&others[usize::from(!says_so)..], "create");
        let skills = SkillEdit { set, positions, is_strict: true, ..SkillEdit::default() };
        Some(Command::CreatePhone { number: number?, name: name?, skills })
    }

    fn edit(&mut self) -> Option<Command> {
        let phone = self.phone();
        let number_new: Option<PhoneNumber> = self.optional(Field::Number, number::parse);
        let name_new = self.optional(Field::Name, parse_name);
        self.refuse(&[Field::Id], "edit");
        let skills = self.skills(None)?;
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
        let skills = self.skills(is_emptied.then(Vec::new))?;
        Some(Command::UpsertPhone { id, number, name, skills, trusts_id })
    }

    /// The edit of the skills, to a complete set, which is `empty` where none is given, or by the skills
    /// to assign and unassign.
    fn skills(&mut self, empty: Option<Vec<String>>) -> Option<SkillEdit> {
        let (set, positions) = self.placed();
        let assign = self.list(Field::Assign).unwrap_or_default();
        let unassign = self.list(Field::Unassign).unwrap_or_default();
        let skills = SkillEdit::strict(set.or(empty), assign, unassign);
        let skills = skills.map(|skills| SkillEdit { positions, ..skills });
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
            Cell::Csv { text, is_text: false } if number::may_have_lost_digits(&text) => {
                Err(format!("{name} {text:?}: {}", number::LOST_DIGITS))
            }
            Cell::Text(text) | Cell::Csv { text, .. } => {
                parse(&text).map_err(|why| format!("{name} {text:?}: {why}"))
            }
            Cell::Null => Err(format!("{name}: cannot be null")),
            _ => Err(format!("{name}: must be a string")),
        };
        parsed.map_err(|detail| self.faults.push(Fault::of(field.name(), "invalid", detail))).ok()
    }

    fn list(&mut self, field: Field) -> Option<Vec<String>> {
        let items = self.items(field)?;
        let names = items.into_iter().map(|item| match item {
            Item::Name(name) => Some(name),
            Item::Placed { .. } => None,
        });
        names.collect::<Option<_>>().or_else(|| self.invalid(field, "must be a list of strings"))
    }

    /// The complete set of skills, and the ring positions that it gives.
    pub(super) fn placed(&mut self) -> (Option<Vec<String>>, Vec<(String, u64)>) {
        let (mut names, mut positions) = (Vec::new(), Vec::new());
        let Some(items) = self.items(Field::Skills) else { return (None, positions) };
        for item in items {
            names.push(match item {
                Item::Name(name) => name,
                Item::Placed { name, position } => {
                    if !(1..=RING_POSITION_MAX).contains(&position) {
                        let why = format!("a position is a number from 1 to {RING_POSITION_MAX}");
                        self.invalid::<()>(Field::Skills, &why);
                    }
                    positions.push((name.clone(), position));
                    name
                }
            });
        }
        (Some(names), positions)
    }

    fn items(&mut self, field: Field) -> Option<Vec<Item>> {
        match self.take(field).0 {
            Cell::Absent | Cell::Empty => None,
            Cell::List(items) => Some(items),
            Cell::Csv { text, .. } => {
                Some(split_skills(&text).map(|name| Item::Name(name.to_owned())).collect())
            }
            _ => self.invalid(field, "must be a list of strings"),
        }
    }

    fn invalid<T>(&mut self, field: Field, why: &str) -> Option<T> {
        let detail = format!("{}: {why}", field.name());
        self.faults.push(Fault::of(field.name(), "invalid", detail));
        None
    }
}

/// Parses the id or the number of a phone. Any text that is not an id counts as a number.
pub fn lookup(text: &str) -> PhoneLookup {
    match text.parse() {
        Ok(id) => PhoneLookup::by_id(id),
        Err(_) => PhoneLookup::by_number(text),
    }
}

pub(super) fn parse_name(text: &str) -> Result<PhoneName, String> {
    PhoneName::parse(text).map_err(|fault| fault.to_string())
}
